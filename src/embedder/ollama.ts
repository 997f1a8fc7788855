import { freeBuffer } from '../free-buffer.js';
import { classifyAnswer } from './classify.js';
import { isObject } from './is-object.js';
import { ProviderUnavailableError } from './errors.js';
import { JsonClient, parseJson, type JsonAnswer, type ServerAddress } from './json-client.js';
import { OLLAMA } from './ollama-dialect.js';
import type { ModelDescription, Provider } from './provider.js';
import { credentialsOf, redact } from './redact.js';
import { scanEmbeddings } from './scan-embeddings.js';

export interface OllamaOptions extends ServerAddress {
  readonly model: string;
  /** A model that is not in memory is loaded first, and hanging up aborts the load: a whole load must fit. */
  readonly timeoutMs: number;
}

/** Ollama's own HTTP API. */
export class Ollama implements Provider {
  readonly dialect = OLLAMA;
  readonly maxTexts = Infinity;
  readonly #http: JsonClient;
  readonly #options: OllamaOptions;
  readonly #model: string;

  constructor(options: OllamaOptions) {
    this.#options = options;
    this.#model = options.model;
    this.#http = new JsonClient(options, OLLAMA);
  }

  /** Numbers that are as they should be come as floats. Servers before 0.11.11 ignore `dimensions`. */
  async embed(texts: readonly string[], dimensions: number, signal: AbortSignal): Promise<unknown> {
    // Never truncate: a text that is cut silently is found by its beginning only.
    const body = {
      model: this.#model,
      input: texts,
      dimensions,
      truncate: false,
    };
    const bytes = await this.#call('POST', '/api/embed', body, signal, texts);
    const scanned = scanEmbeddings(bytes, texts.length, dimensions);
    if (scanned !== undefined) {
      freeBuffer(bytes);
      return scanned;
    }
    const answer = parsed(bytes);
    return isObject(answer) ? answer['embeddings'] : undefined;
  }

  async load(signal: AbortSignal): Promise<void> {
    await this.embed([], 0, signal); // of a request without texts, the loading is what is left
  }

  async describe(signal: AbortSignal): Promise<ModelDescription> {
    const answer = parsed(await this.#call('POST', '/api/show', { model: this.#model }, signal));
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

  async version(signal: AbortSignal): Promise<string> {
    const answer = parsed(await this.#call('GET', '/api/version', undefined, signal));
    return isObject(answer) && typeof answer['version'] === 'string' ? answer['version'] : 'unknown';
  }

  close(): void {
    this.#http.close();
  }

  /** @param texts what of the request must not be told */
  async #call(
    method: 'GET' | 'POST',
    path: string,
    request: object | undefined,
    signal: AbortSignal,
    texts: readonly string[] = [],
  ): Promise<JsonAnswer['bytes']> {
    const { status, bytes, retryAfter } = await this.#http.send(method, path, request, signal);
    if (status >= 200 && status < 300) return bytes;
    const answer = parseJson(bytes);
    const message = isObject(answer) ? asText(answer['error']) : 'no message';
    const shown = redact(message, credentialsOf(this.#options), texts);
    throw classifyAnswer(OLLAMA, { status, message, shown, retryAfter });
  }
}

/** The JSON of an answer that should hold some. */
function parsed(bytes: Buffer): unknown {
  const answer = parseJson(bytes);
  if (answer !== undefined) return answer;
  throw new ProviderUnavailableError(OLLAMA.codes.garbled, 'Ollama answered with what is not JSON', {
    mayBeTheText: true,
  });
}

/** Ollama's `error` is a text, or since 0.34 what its runner said, which is an object. */
function asText(error: unknown): string {
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? 'no message');
}
