import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface AttackOptions {
  readonly sockets: number;
  /** Sent first on each connection. */
  readonly opening?: string | Buffer;
  /** Sent byte by byte afterwards. */
  readonly drip?: string;
  /** Whether the clients read the answers. */
  readonly reads?: boolean;
}

/** From the end of a connection to the next one. Without a pause the attack would also starve the test. */
const PAUSE_MS = 250;

/** Hostile clients, which open a new connection whenever one is closed. */
export class HttpAttack {
  readonly #port: number;
  readonly #options: AttackOptions;
  readonly #open = new Set<Socket>();
  readonly #timer: NodeJS.Timeout;
  #stopping = false;
  #dripped = 0;

  /** Resolves when all connections have been opened once. */
  static async start(port: number, options: AttackOptions): Promise<HttpAttack> {
    const attack = new HttpAttack(port, options);
    for (let opened = 0; opened < options.sockets; opened += 50) {
      await Promise.all(Array.from({ length: Math.min(50, options.sockets - opened) }, () => attack.#connect()));
    }
    return attack;
  }

  private constructor(port: number, options: AttackOptions) {
    this.#port = port;
    this.#options = options;
    this.#timer = setInterval(() => {
      const { drip } = options;
      if (drip === undefined) return;
      const byte = drip[this.#dripped % drip.length] ?? '';
      this.#dripped += 1;
      for (const socket of this.#open) socket.write(byte);
    }, 100);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    const closed = [...this.#open].map((socket) => once(socket, 'close'));
    for (const socket of this.#open) socket.destroy();
    await Promise.all(closed);
  }

  #connect(): Promise<void> {
    const { opening, reads = true } = this.#options;
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1');
      this.#open.add(socket);
      socket.on('connect', () => {
        if (opening !== undefined) socket.write(opening);
        resolve();
      });
      if (reads) socket.resume();
      socket.on('error', () => undefined); // refused or reset, as expected
      socket.on('close', () => {
        this.#open.delete(socket);
        resolve();
        if (!this.#stopping) void sleep(PAUSE_MS).then(() => (this.#stopping ? undefined : this.#connect()));
      });
    });
  }
}
