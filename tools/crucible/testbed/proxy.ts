import { connect, type Socket } from 'node:net';
import { TcpFront } from '../../../test/support/tcp-front.js';

/** One connection through the proxy. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  mode: 'pass' | 'stalled' | 'half-open';
  delayMs: number;
}

/**
 * A TCP proxy that can disturb each of its connections:
 *
 * - stalled: bytes wait until the connection is healed, as in a congested network;
 * - half-open: bytes vanish, and neither side learns of that or of the other's end, as when a router forgets a connection;
 * - delayed: every packet takes longer;
 * - reset: both sides see a reset;
 * - refusing: new connections are reset at once.
 */
export class Proxy {
  /** Knows all open sockets, also those whose other end is gone. */
  readonly #front: TcpFront;
  readonly #pairs = new Set<Pair>();
  #refusing = false;
  #delayMs = 0;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#front = new TcpFront((client) => {
      if (this.#refusing) client.resetAndDestroy();
      else this.#join(client, connect({ ...target, noDelay: true }));
    });
  }

  static async start(target: { readonly host: string; readonly port: number }): Promise<Proxy> {
    const proxy = new Proxy(target);
    await proxy.#front.listen();
    return proxy;
  }

  get port(): number {
    return this.#front.port;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** The local ports of the connections to the server, by which it identifies its clients. */
  get serverSidePorts(): readonly number[] {
    return [...this.#pairs].map(({ server }) => server.localPort ?? 0);
  }

  /** Stalls all open connections. */
  stall(): void {
    for (const pair of this.#pairs) if (pair.mode === 'pass') hold(pair);
  }

  /** Makes all open connections half-open, for good. */
  halfOpen(): void {
    for (const pair of this.#pairs) pair.mode = 'half-open';
  }

  /** Resets all open connections. */
  reset(): void {
    for (const { client, server } of [...this.#pairs]) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  delay(ms: number): void {
    this.#delayMs = ms;
    for (const pair of this.#pairs) pair.delayMs = ms;
  }

  /** Continues stalled connections and accepts new ones. Half-open connections stay half-open. */
  heal(): void {
    this.#refusing = false;
    this.delay(0);
    for (const pair of this.#pairs) if (pair.mode === 'stalled') release(pair);
  }

  /** Destroys all sockets: one that was stalled and then half-open is not read, so it never notices that its peer is gone. */
  async stop(): Promise<void> {
    await this.#front.stop();
  }

  #join(client: Socket, server: Socket): void {
    client.setNoDelay(true);
    const pair: Pair = { client, server, mode: 'pass', delayMs: this.#delayMs };
    this.#pairs.add(pair);
    client.on('data', (bytes) => forward(pair, server, bytes));
    server.on('data', (bytes) => forward(pair, client, bytes));
    this.#front.keep(client, server, (other) => {
      this.#part(pair, other);
    });
  }

  #part(pair: Pair, other: Socket): void {
    this.#pairs.delete(pair);
    // The other side of a half-open connection must not notice while the proxy runs.
    if (pair.mode !== 'half-open') other.destroy();
  }
}

function forward(pair: Pair, to: Socket, bytes: Buffer): void {
  if (pair.mode === 'half-open') return;
  if (pair.delayMs === 0) {
    to.write(bytes);
    return;
  }
  setTimeout(() => {
    if (pair.mode !== 'half-open' && !to.destroyed) to.write(bytes);
  }, pair.delayMs);
}

function hold(pair: Pair): void {
  pair.mode = 'stalled';
  pair.client.pause();
  pair.server.pause();
}

function release(pair: Pair): void {
  pair.mode = 'pass';
  pair.client.resume();
  pair.server.resume();
}
