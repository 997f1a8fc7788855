import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { performance } from 'node:perf_hooks';
import type { Agents } from 'got';
import { TunnelAgent } from './proxy-tunnel.js';
import { rotatingLookup } from './rotation.js';

/**
 * Behind one name there may be several servers, of which a connection knows one. One that comes back has its share
 * again after so long. A new connection costs 0.3 ms of CPU and 0.5 ms of waiting, with TLS 2 and 5 (both sides on one
 * machine), which is nothing beside a request of 10 texts. One for each request would spread no better: it is for each
 * connection that a Service picks a server at random.
 */
const LIFETIME_MS = 5_000;

export interface ConnectionsOptions {
  /** `https:` or `http:` */
  readonly protocol: string;
  /** PEM of the authorities its certificate may come from; undefined: the public ones. */
  readonly ca: string | undefined;
  /** The proxy to go through, with its credentials. */
  readonly proxy: string | undefined;
  /** How many are kept open while they are idle. */
  readonly kept: number;
}

/** An agent of Node's that makes one connection at a time. */
interface Connection {
  readonly agent: Agent;
  readonly openedAt: number;
}

/**
 * Connections to whatever servers are behind one name. What failed is never used again, and what answered last comes
 * first: one of several servers may be sick, and a text that failed there goes on where the text that is known to be
 * good has just passed. Else the good one might pass here and the other fail there until it is blamed for it.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #lookup = rotatingLookup();
  readonly #open = new Set<Agent>();
  readonly #idle: Connection[] = [];

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /**
   * Has one request sent, alone on its connection.
   *
   * @param send resolves once all of the answer was read
   * @param isGood whether the server that gave this answer is to be asked again
   */
  async use<Answer>(send: (agents: Agents) => Promise<Answer>, isGood: (answer: Answer) => boolean): Promise<Answer> {
    const connection = this.#take();
    let good = false;
    try {
      const answer = await send({ [this.#isSecure ? 'https' : 'http']: connection.agent });
      good = isGood(answer);
      return answer;
    } finally {
      if (good && this.#idle.length < this.#options.kept) this.#idle.push(connection);
      else this.#letGo(connection);
    }
  }

  /** Hangs up on all. */
  close(): void {
    for (const agent of this.#open) agent.destroy();
  }

  get #isSecure(): boolean {
    return this.#options.protocol === 'https:';
  }

  #take(): Connection {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (performance.now() - idle.openedAt < LIFETIME_MS) return idle;
      this.#letGo(idle);
    }
    const agent = this.#newAgent();
    this.#open.add(agent);
    return { agent, openedAt: performance.now() };
  }

  #newAgent(): Agent {
    const { protocol, ca, proxy } = this.#options;
    const options = { keepAlive: true, maxSockets: 1, lookup: this.#lookup };
    if (proxy !== undefined && this.#isSecure) return new TunnelAgent(proxy, { ...options, ca });
    const nextProtocol = proxy === undefined ? protocol : new URL(proxy).protocol;
    return nextProtocol === 'https:' ? new SecureAgent({ ...options, ca }) : new Agent(options);
  }

  #letGo({ agent }: Connection): void {
    this.#open.delete(agent);
    agent.destroy();
  }
}
