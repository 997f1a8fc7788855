import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connections } from './connections.js';

/**
 * A port that can refuse connections and accept them again.
 *
 * Keep-alive connections stay open for ever, as in Go's server. With Node's default of 5 s, a connection could be closed just
 * as a client uses it, which does not happen with Ollama.
 */
export class Listener {
  readonly #server: Server;
  readonly #host: string;
  #port: number;
  #hadPort = false;
  #wanted = false;
  #listening = false;
  #switching: Promise<void> = Promise.resolve();
  readonly #onChange: () => void;

  constructor(
    host: string,
    port: number,
    handle: RequestListener,
    onChange: () => void,
    connections: Connections = new Connections(),
  ) {
    this.#host = host;
    this.#port = port;
    this.#onChange = onChange;
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
      if (!connections.isSwallowed(request.socket)) handle(request, response);
    }).on('connection', (socket) => connections.follow(socket));
  }

  get url(): string {
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host;
    return `http://${host}:${this.#port}`;
  }

  get listening(): boolean {
    return this.#listening;
  }

  /** Listens, each time on the same port. */
  open(): Promise<void> {
    this.#wanted = true;
    return this.#switch();
  }

  /** Refuses new connections and closes open ones. */
  close(): Promise<void> {
    this.#wanted = false;
    return this.#switch();
  }

  /** Opens and closes one after another, because calls may come faster than the server can follow. The last call wins. */
  #switch(): Promise<void> {
    const next = this.#switching.then(() => {
      if (this.#wanted === this.#listening) return;
      return this.#wanted ? this.#listen() : this.#shut();
    });
    this.#switching = next.catch(() => {});
    return next;
  }

  async #listen(): Promise<void> {
    // Retry a port that we had before: an outgoing connection of another process may use it for a moment.
    for (let retries = this.#hadPort ? 250 : 0; ; retries--) {
      try {
        await this.#listenOnce();
        this.#hadPort = true;
        this.#listening = true;
        this.#onChange();
        return;
      } catch (error) {
        if (retries <= 0) throw error;
        await sleep(20);
      }
    }
  }

  #listenOnce(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off('error', reject);
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  async #shut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    this.#listening = false;
    this.#onChange();
  }
}
