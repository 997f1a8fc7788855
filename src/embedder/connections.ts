import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { performance } from 'node:perf_hooks';
import type { Agents } from 'got';
import { TunnelAgent } from './proxy-tunnel.js';
import { rotatingLookup } from './rotating-lookup.js';

/**
 * One name may stand for several servers, and each connection reaches one of them. A server that comes back gets its share
 * again after this time. A new connection costs 0.3 ms of CPU and 0.5 ms of waiting, with TLS 2 and 5 (both sides on one
 * machine): little beside a request of 10 texts. A connection per request would not spread the load better, because a
 * Service picks a server at random for each connection.
 */
const LIFETIME_MS = 5_000;
/**
 * How long a connection is silent before the kernel probes it, in use or not. From then on it does so once per second, and
 * the connection fails after ten probes without an answer (Node's documentation of `socket.setKeepAlive`). That also keeps
 * routers from forgetting it during a long request.
 */
export const TCP_KEEP_ALIVE_MS = 5_000;

export interface ConnectionsOptions {
  /** `https:` or `http:` */
  readonly protocol: string;
  /** PEM of the trusted certificate authorities; undefined: the public ones. */
  readonly ca: string | undefined;
  /** URL of the proxy, with its credentials. */
  readonly proxy: string | undefined;
  /** The maximum number of idle connections. */
  readonly maxIdle: number;
}

/**
 * Which connection a request uses. `new` closes the idle ones: it is for requests that find out whether connections have died
 * without notice.
 */
export type ConnectionChoice = 'any' | 'new';

/** A Node agent that opens one connection at a time. */
interface Connection {
  readonly agent: Agent;
  readonly openedAt: number;
}

/**
 * Connections to the servers behind one name. A connection that failed is never used again, and the one that succeeded last
 * is used first. One of several servers may be failing: a text that failed there is then sent to the server that has just
 * embedded the known-good text. Otherwise the known-good text might pass on one server while the other keeps failing the
 * text until it is found at fault.
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
   * Sends one request, which has the connection to itself.
   *
   * @param send resolves once the whole response was read
   * @param isGood whether to use the server that gave this response again
   * @param choice default: `any`
   */
  async use<Response>(
    send: (agents: Agents) => Promise<Response>,
    isGood: (response: Response) => boolean,
    choice: ConnectionChoice = 'any',
  ): Promise<Response> {
    if (choice === 'new') this.#closeIdle();
    const connection = this.#take();
    let good = false;
    try {
      const response = await send({ [this.#isSecure ? 'https' : 'http']: connection.agent });
      good = isGood(response);
      return response;
    } finally {
      if (good && this.#idle.length < this.#options.maxIdle) this.#idle.push(connection);
      else this.#release(connection);
    }
  }

  /** Closes all connections, which cancels the requests in flight. */
  close(): void {
    for (const agent of this.#open) agent.destroy();
  }

  get #isSecure(): boolean {
    return this.#options.protocol === 'https:';
  }

  #take(): Connection {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (performance.now() - idle.openedAt < LIFETIME_MS) return idle;
      this.#release(idle);
    }
    const agent = this.#newAgent();
    this.#open.add(agent);
    return { agent, openedAt: performance.now() };
  }

  #closeIdle(): void {
    for (const idle of this.#idle.splice(0)) this.#release(idle);
  }

  #newAgent(): Agent {
    const { protocol, ca, proxy } = this.#options;
    const options = {
      keepAlive: true,
      keepAliveMsecs: TCP_KEEP_ALIVE_MS,
      maxSockets: 1,
      lookup: this.#lookup,
    };
    if (proxy !== undefined && this.#isSecure) return new TunnelAgent(proxy, { ...options, ca });
    const nextProtocol = proxy === undefined ? protocol : new URL(proxy).protocol;
    return nextProtocol === 'https:' ? new SecureAgent({ ...options, ca }) : new Agent(options);
  }

  #release({ agent }: Connection): void {
    this.#open.delete(agent);
    agent.destroy();
  }
}
