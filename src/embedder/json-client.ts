import got, { type Got } from 'got';
import { Timeout } from '../base/timeout.js';
import { VERSION } from '../base/version.js';
import { Connections } from './connections.js';
import type { Dialect } from './dialect.js';
import { relayThrough } from './proxy-relay.js';
import { readAnswer, type JsonAnswer } from './read-answer.js';
import { transportError } from './transport-error.js';

/** To resolve a name, to connect, to agree on TLS: each. */
const CONNECT_PHASE_MS = 10_000;

/** Where a server is, and how to get in. */
export interface ServerAddress {
  /** A user and a password in it are sent as basic credentials; a path is put before each request's. */
  readonly url: string;
  /** PEM of the authorities its certificate may come from; undefined: the public ones. */
  readonly ca?: string | undefined;
  /** Asked for with each request, and sent as a bearer token. */
  readonly token?: (() => string) | undefined;
  /** The URL of the proxy to go through; a user and a password in it are for the proxy. */
  readonly proxy?: string | undefined;
  readonly timeoutMs: number;
  /** Connections kept open. */
  readonly connections: number;
}

/** Sends JSON to one server and reads its answer, whatever the status. Tries nothing again: who does knows the blocks. */
export class JsonClient {
  readonly #connections: Connections;
  readonly #got: Got;
  readonly #base: string;
  readonly #options: ServerAddress;
  readonly #dialect: Dialect;

  /** @param dialect names the server in errors */
  constructor(options: ServerAddress, dialect: Dialect) {
    const { origin, protocol, pathname, username, password } = new URL(options.url);
    const { ca, proxy, connections: kept } = options;
    this.#options = options;
    this.#dialect = dialect;
    this.#base = origin + pathname.replace(/\/+$/, '');
    this.#connections = new Connections({ protocol, ca, proxy, kept });
    this.#got = got.extend({
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      headers: { accept: 'application/json', 'user-agent': `pal-e-embedding-worker/${VERSION}` },
      ...(proxy !== undefined && protocol === 'http:' && { request: relayThrough(proxy) }),
      retry: { limit: 0 },
      throwHttpErrors: false,
      followRedirect: false,
      decompress: false,
      timeout: { lookup: CONNECT_PHASE_MS, connect: CONNECT_PHASE_MS, secureConnect: CONNECT_PHASE_MS },
    });
  }

  /**
   * @param path with a leading slash
   * @throws ProviderUnavailableError, or ProviderMisconfiguredError where its certificate does not verify
   * @throws the signal's reason, at once
   */
  async send(method: 'GET' | 'POST', path: string, body: object | undefined, signal: AbortSignal): Promise<JsonAnswer> {
    const { token, timeoutMs } = this.#options;
    const bearer = token?.();
    // got's own limit ends a request only once it has a connection, where an abort ends it at once.
    const limit = new Timeout(timeoutMs, signal);
    try {
      return await this.#connections.use(
        async (agent) => {
          // A URL, since got looks at how a string is spelled with expressions made anew each time: 0.05 ms of CPU.
          return await readAnswer(
            this.#got.stream(new URL(this.#base + path), {
              method,
              agent,
              signal: limit.signal,
              ...(body !== undefined && { json: body }),
              ...(bearer !== undefined && { headers: { authorization: `Bearer ${bearer}` } }),
            }),
          );
        },
        ({ status }) => status < 400,
      );
    } catch (error) {
      signal.throwIfAborted();
      throw transportError(error, this.#dialect, { ...this.#options, isLate: limit.expired });
    } finally {
      limit.clear();
    }
  }

  /** Hangs up, and closes the connections that are kept open. */
  close(): void {
    this.#connections.close();
  }
}

/** @returns what the JSON says; undefined where it is none */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return undefined; // the caller says what it expected
  }
}
