import { certificateProblem } from '../certificates.js';
import { errorCode } from '../errors.js';
import { TimeLimit } from '../time-limit.js';
import { Connections } from './connections.js';
import type { Dialect } from './dialect.js';
import { ProviderMisconfiguredError, ProviderUnavailableError } from './errors.js';
import { exchange } from './exchange.js';

/** Where a server is, and how to get in. */
export interface ServerAddress {
  /** A user and a password in it are sent as basic credentials; a path is put before each request's. */
  readonly url: string;
  /** PEM of the authorities its certificate may come from; undefined: the public ones. */
  readonly ca?: string | undefined;
  /** Asked for with each request, and sent as a bearer token. */
  readonly token?: (() => string) | undefined;
  readonly timeoutMs: number;
  /** Connections kept open. */
  readonly connections: number;
}

export interface JsonAnswer {
  readonly status: number;
  /** As it came. */
  readonly bytes: Buffer<ArrayBuffer>;
  readonly retryAfter: string | undefined;
}

/** Errors of a request that no server has read: Node's and undici's codes. */
const NEVER_ARRIVED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Sends JSON to one server and reads its answer, whatever the status. Tries nothing again: who does knows the blocks. */
export class JsonClient {
  readonly #connections: Connections;
  readonly #prefix: string;
  readonly #basic: string | undefined;
  readonly #options: ServerAddress;
  readonly #dialect: Dialect;

  /** @param dialect names the server in errors */
  constructor(options: ServerAddress, dialect: Dialect) {
    const { origin, pathname, username, password } = new URL(options.url);
    this.#options = options;
    this.#dialect = dialect;
    this.#prefix = pathname.replace(/\/+$/, '');
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#basic = credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
    this.#connections = new Connections({ origin, ca: options.ca, kept: options.connections });
  }

  /**
   * @param path with a leading slash
   * @throws ProviderUnavailableError, or ProviderMisconfiguredError where its certificate does not verify
   * @throws the signal's reason
   */
  async send(method: 'GET' | 'POST', path: string, body: object | undefined, signal: AbortSignal): Promise<JsonAnswer> {
    const { timeoutMs, token } = this.#options;
    const limit = new TimeLimit(timeoutMs, signal);
    const bearer = token?.();
    const authorization = bearer === undefined ? this.#basic : `Bearer ${bearer}`;
    try {
      return await this.#connections.use(
        async (client) => {
          const { status, headers, bytes } = await exchange(
            client,
            {
              method,
              path: this.#prefix + path,
              headers: {
                accept: 'application/json',
                ...(body !== undefined && { 'content-type': 'application/json' }),
                ...(authorization !== undefined && { authorization }),
              },
              body: body === undefined ? null : JSON.stringify(body),
            },
            limit.signal,
          );
          const retryAfter = headers['retry-after'];
          return { status, bytes, retryAfter: typeof retryAfter === 'object' ? retryAfter[0] : retryAfter };
        },
        ({ status }) => status < 400,
      );
    } catch (error) {
      signal.throwIfAborted();
      throw limit.hasPassed
        ? unavailable(this.#dialect, 'TIMEOUT', `no answer within ${timeoutMs / 1000} s`)
        : refusalOf(this.#dialect, error);
    } finally {
      limit.clear();
    }
  }

  /** Hangs up, and closes the connections that are kept open. */
  close(): void {
    this.#connections.close();
  }
}

/** Only the code and message of an error go on: what it holds beside them may be the request, and with it the texts. */
function refusalOf(dialect: Dialect, error: unknown): Error {
  const { name, codes, caVariable } = dialect;
  const refused = certificateProblem(error, `let ${caVariable} name`);
  if (refused !== undefined) {
    return new ProviderMisconfiguredError(codes.certificate, `${name}'s ${refused.found}: ${refused.fix}`);
  }
  return unavailable(dialect, errorCode(error) ?? 'UNKNOWN', (error as Partial<Error>).message ?? String(error));
}

function unavailable({ name, codes }: Dialect, code: string, message: string): ProviderUnavailableError {
  const mayBeTheText = !NEVER_ARRIVED.has(code);
  const what = mayBeTheText ? 'did not answer' : 'cannot be reached';
  return new ProviderUnavailableError(
    mayBeTheText ? codes.noAnswer : codes.unreachable,
    `${name} ${what} (${code}: ${message})`,
    { mayBeTheText },
  );
}

/** @returns what the JSON says; undefined where it is none */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return undefined; // the caller says what it expected
  }
}
