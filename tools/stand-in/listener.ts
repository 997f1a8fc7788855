import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A port that can refuse connections and accept them again.
 *
 * Keep-alive connections stay open for ever, as with Go's server: Node's 5 s would close them under a client that is just
 * about to use one, a fault that Ollama does not have.
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

  constructor(host: string, port: number, handle: RequestListener, onChange: () => void) {
    this.#host = host;
    this.#port = port;
    this.#onChange = onChange;
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, handle);
  }

  get url(): string {
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host;
    return `http://${host}:${this.#port}`;
  }

  get listening(): boolean {
    return this.#listening;
  }

  /** Listens; the port is the same at each opening. */
  open(): Promise<void> {
    this.#wanted = true;
    return this.#switch();
  }

  /** Refuses new connections and ends those that are open. */
  close(): Promise<void> {
    this.#wanted = false;
    return this.#switch();
  }

  /** Openings and closings may be asked for faster than they happen: one after the other, and the last one counts. */
  #switch(): Promise<void> {
    const next = this.#switching.then(() => {
      if (this.#wanted === this.#listening) return;
      return this.#wanted ? this.#listen() : this.#shut();
    });
    this.#switching = next.catch(() => {});
    return next;
  }

  async #listen(): Promise<void> {
    // Having had the port, we wait for it: somebody's outgoing connection may hold it for a moment.
    for (let patience = this.#hadPort ? 250 : 0; ; patience--) {
      try {
        await this.#listenOnce();
        this.#hadPort = true;
        this.#listening = true;
        this.#onChange();
        return;
      } catch (error) {
        if (patience <= 0) throw error;
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
