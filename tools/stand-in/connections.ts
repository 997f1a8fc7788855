import type { Socket } from 'node:net';

/** Which connections to swallow: all that are open, or those of the requests whose texts are being embedded. */
export const SWALLOW_SCOPES = ['all', 'embedding'] as const;
export type SwallowScope = (typeof SWALLOW_SCOPES)[number];

/**
 * The open connections. A swallowed one looks as if a router had forgotten it: nothing is closed, but no request arrives and no
 * answer leaves. It stays so until the client closes it; new connections work.
 */
export class Connections {
  readonly #open = new Set<Socket>();
  readonly #embedding = new Set<Socket>();
  readonly #swallowed = new WeakSet<Socket>();
  readonly #onChange: () => void;

  constructor(onChange: () => void = () => undefined) {
    this.#onChange = onChange;
  }

  /** How many are open. */
  get count(): number {
    return this.#open.size;
  }

  /** Follows a connection until it is closed. */
  follow(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#onChange();
    });
  }

  /** @returns a function to call when the texts of the connection's request are no longer being embedded */
  beginEmbedding(socket: Socket): () => void {
    this.#embedding.add(socket);
    return () => this.#embedding.delete(socket);
  }

  /**
   * @param except a connection that is spared
   * @returns how many connections are swallowed that were not yet
   */
  swallow(scope: SwallowScope, except?: Socket): number {
    const chosen = [...(scope === 'all' ? this.#open : this.#embedding)].filter(
      (socket) => socket !== except && !this.#swallowed.has(socket),
    );
    for (const socket of chosen) this.#swallowed.add(socket);
    return chosen.length;
  }

  isSwallowed(socket: Socket): boolean {
    return this.#swallowed.has(socket);
  }
}
