import { performance } from 'node:perf_hooks';
import { buildConnector, Client } from 'undici';
import { rotatingLookup } from './rotation.js';

/**
 * Behind one name there may be several servers, of which a connection knows one. One that comes back has its share
 * again after so long. A new connection costs 0.3 ms of CPU and 0.5 ms of waiting, with TLS 2 and 5 (both sides on one
 * machine), which is nothing beside a request of 10 texts. One for each request would spread no better: it is for each
 * connection that a Service picks a server at random.
 */
const LIFETIME_MS = 5_000;
/** A thousand vectors of 2,560 dimensions are 26 MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface ConnectionsOptions {
  readonly origin: string;
  /** PEM of the authorities its certificate may come from; undefined: the public ones. */
  readonly ca: string | undefined;
  /** How many are kept open while they are idle. */
  readonly kept: number;
}

interface Connection {
  readonly client: Client;
  readonly openedAt: number;
}

/**
 * Connections to whatever servers are behind one name. What failed is never used again, and what answered last comes
 * first: one of several servers may be sick, and a text that failed there goes on where the text that is known to be
 * good has just passed. Else the good one might pass here and the other fail there until it is blamed for it.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #connect: buildConnector.connector;
  readonly #open = new Set<Client>();
  readonly #idle: Connection[] = [];

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#connect = buildConnector({ ca: options.ca, lookup: rotatingLookup() });
  }

  /**
   * Has one request sent, alone on its connection.
   *
   * @param send resolves once all of the answer was read
   * @param isGood whether the server that gave this answer is to be asked again
   */
  async use<Answer>(send: (client: Client) => Promise<Answer>, isGood: (answer: Answer) => boolean): Promise<Answer> {
    const connection = this.#take();
    let good = false;
    try {
      const answer = await send(connection.client);
      good = isGood(answer);
      return answer;
    } finally {
      if (good && this.#idle.length < this.#options.kept) this.#idle.push(connection);
      else this.#letGo(connection);
    }
  }

  /** Hangs up on all. */
  close(): void {
    for (const client of this.#open) void client.destroy(); // resolves once its socket is gone, which nobody waits for
  }

  #take(): Connection {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (performance.now() - idle.openedAt < LIFETIME_MS) return idle;
      this.#letGo(idle);
    }
    const client = new Client(this.#options.origin, {
      connect: this.#connect,
      // Who sends bounds all of it, where undici has one bound for each phase.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: MAX_ANSWER_BYTES,
    });
    this.#open.add(client);
    return { client, openedAt: performance.now() };
  }

  #letGo({ client }: Connection): void {
    this.#open.delete(client);
    void client.destroy();
  }
}
