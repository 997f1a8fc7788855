import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { RequestError, type Got } from 'got';
import { certificateProblem } from '../certificates.js';
import { classifyAnswer } from './classify.js';
import { OllamaMisconfiguredError, OllamaUnavailableError } from './errors.js';

export interface OllamaOptions {
  /** A user and a password in it are sent as basic credentials. */
  readonly url: string;
  /** PEM of the authorities its certificate may come from; undefined: the public ones. */
  readonly ca?: string | undefined;
  /** Asked for with each request, and sent as a bearer token. */
  readonly token?: (() => string) | undefined;
  readonly model: string;
  /** A model that is not in memory is loaded first, and hanging up aborts the load: a whole load must fit. */
  readonly timeoutMs: number;
  /** Connections kept open. */
  readonly connections: number;
}

/** Errors of a request that no server has read: Node's and got's codes. */
const NEVER_ARRIVED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
]);

/** What `/api/show` tells of a model. */
export interface ModelDescription {
  readonly canEmbed: boolean;
  /** Its own dimensions, where it says so. */
  readonly dimensions: number | null;
  /** Tokens. */
  readonly contextLength: number | null;
}

/** Ollama's HTTP API, as far as embedding needs it. Raises the errors of `errors.ts` and nothing else. */
export class Ollama {
  readonly #http: Got;
  readonly #agents: { http: HttpAgent; https: HttpsAgent };
  readonly #model: string;
  readonly #token: (() => string) | undefined;

  constructor(options: OllamaOptions) {
    this.#model = options.model;
    this.#token = options.token;
    const pool = {
      keepAlive: true,
      maxSockets: options.connections,
      maxFreeSockets: options.connections,
    };
    this.#agents = { http: new HttpAgent(pool), https: new HttpsAgent(pool) };
    const { ca } = options;
    this.#http = got.extend({
      prefixUrl: options.url,
      agent: this.#agents,
      ...(ca === undefined ? {} : { https: { certificateAuthority: ca } }),
      timeout: { request: options.timeoutMs },
      retry: { limit: 0 }, // what to try again, and when, is decided where the blocks are known
      throwHttpErrors: false,
      followRedirect: false,
    });
  }

  /**
   * @param texts at most what fits a request; none loads the model
   * @param dimensions what the vectors are cut to; an older server ignores it
   * @returns what the server sent as embeddings, unchecked
   */
  async embed(texts: readonly string[], dimensions: number, signal: AbortSignal): Promise<unknown> {
    // Never truncate: a text that is cut silently is found by its beginning only.
    const body = {
      model: this.#model,
      input: texts,
      dimensions,
      truncate: false,
    };
    const answer = await this.#call('api/embed', {
      method: 'POST',
      json: body,
      signal,
    });
    return isObject(answer) ? answer['embeddings'] : undefined;
  }

  async show(signal: AbortSignal): Promise<ModelDescription> {
    const answer = await this.#call('api/show', {
      method: 'POST',
      json: { model: this.#model },
      signal,
    });
    const description = isObject(answer) ? answer : {};
    const info = isObject(description['model_info']) ? description['model_info'] : {};
    const number = (suffix: string) => {
      const value = Object.entries(info).find(([key]) => key.endsWith(suffix))?.[1];
      return typeof value === 'number' ? value : null;
    };
    const { capabilities } = description;
    return {
      // Older servers name no capabilities; the first request then tells.
      canEmbed: !Array.isArray(capabilities) || capabilities.includes('embedding'),
      dimensions: number('.embedding_length'),
      contextLength: number('.context_length'),
    };
  }

  /** @returns the version of the server, as it says it */
  async version(signal: AbortSignal): Promise<string> {
    const answer = await this.#call('api/version', { method: 'GET', signal });
    return isObject(answer) && typeof answer['version'] === 'string' ? answer['version'] : 'unknown';
  }

  /** Closes the connections that are kept open. */
  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #call(path: string, request: { method: 'GET' | 'POST'; json?: object; signal: AbortSignal }): Promise<unknown> {
    let status: number;
    let text: string;
    let retryAfter: string | undefined;
    try {
      const token = this.#token?.();
      const response = await this.#http(path, {
        ...request,
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      });
      status = response.statusCode;
      text = response.body;
      retryAfter = response.headers['retry-after'];
    } catch (error) {
      request.signal.throwIfAborted();
      const refused = certificateProblem(error, 'let PALDOCS_OLLAMA_CA_FILE name');
      if (refused !== undefined) {
        throw new OllamaMisconfiguredError('OLLAMA_CERTIFICATE', `Ollama's ${refused.found}: ${refused.fix}`);
      }
      // A cause of got's holds the whole request, and with it the texts: only its code and message go on.
      const code = error instanceof RequestError ? error.code : 'UNKNOWN';
      const message = error instanceof Error ? error.message : String(error);
      const mayBeTheText = !NEVER_ARRIVED.has(code);
      const what = mayBeTheText ? 'did not answer' : 'cannot be reached';
      throw new OllamaUnavailableError(
        mayBeTheText ? 'OLLAMA_NO_ANSWER' : 'OLLAMA_UNREACHABLE',
        `Ollama ${what} (${code}: ${message})`,
        { mayBeTheText },
      );
    }
    const answer = parse(text);
    if (status >= 200 && status < 300) {
      if (answer !== undefined) return answer;
      throw new OllamaUnavailableError('OLLAMA_GARBLED', `Ollama answered ${status} with what is not JSON`, {
        mayBeTheText: true,
      });
    }
    const serverMessage = isObject(answer) ? asText(answer['error']) : 'no message';
    throw classifyAnswer(status, serverMessage, retryAfter);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // the caller says what it expected
  }
}

/** Ollama's `error` is a text, or since 0.34 what its runner said, which is an object. */
function asText(error: unknown): string {
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? 'no message');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
