import { freeBuffer } from '../base/free-buffer.js';
import { classifyResponse, type ErrorResponse } from './classify.js';
import type { ConnectionChoice } from './connections.js';
import { readErrorBody, withoutQuotes } from './error-body.js';
import { ProviderUnavailableError, TextRejectedError } from './errors.js';
import { isObject } from './is-object.js';
import { JsonClient, parseJson, type ServerAddress } from './json-client.js';
import type { KeepAlive } from './keep-alive.js';
import { findLoaded } from './loaded-models.js';
import type { Shorten } from './model-families.js';
import { OLLAMA } from './ollama-dialect.js';
import { DIMENSIONS, isSuccess, KEEP_ALIVE, OptionalFields, TRUNCATE } from './optional-fields.js';
import { KNOWN_GOOD_TEXT, type LoadState, type ModelDescription, type Provider } from './provider.js';
import type { JsonResponse } from './read-response.js';
import { credentialsOf, redact } from './redact.js';
import { scanEmbeddings } from './scan-embeddings.js';
import { firstDimensions } from './vector.js';

export interface OllamaOptions extends ServerAddress {
  readonly model: string;
  /** Must cover a model load: Ollama loads a model on demand, and aborts the load when the request is cancelled. */
  readonly timeoutMs: number;
  /** Default: `trained`. */
  readonly shorten?: Shorten;
  /** How long the model stays loaded after each request; undefined: as the server is set. */
  readonly keepAlive?: KeepAlive | undefined;
}

type OptionalField = 'truncate' | 'dimensions' | 'keep_alive';

/** Otherwise Ollama cuts a long text silently, and search finds it only by its beginning. */
const NEVER_TRUNCATE = { truncate: false };

/** Ollama's own HTTP API. Other servers offer it, too, not always completely. */
export class Ollama implements Provider {
  readonly dialect = OLLAMA;
  readonly maxTexts = Infinity;
  readonly shorten: Shorten;
  readonly #http: JsonClient;
  readonly #options: OllamaOptions;
  readonly #model: string;
  readonly #fields = new OptionalFields<OptionalField>({
    truncate: TRUNCATE,
    dimensions: DIMENSIONS,
    keep_alive: KEEP_ALIVE,
  });

  constructor(options: OllamaOptions) {
    this.shorten = options.shorten ?? 'trained';
    this.#options = options;
    this.#model = options.model;
    this.#http = new JsonClient(options, OLLAMA);
  }

  /** Returns a Float32Array per vector if the response has the expected form. Servers before 0.11.11 ignore `dimensions`. */
  async embed(
    texts: readonly string[],
    dimensions: number,
    signal: AbortSignal,
    connection?: ConnectionChoice,
  ): Promise<unknown> {
    const { bytes } = await this.#askToEmbed(texts, { dimensions, ...NEVER_TRUNCATE }, signal, connection);
    const scanned = scanEmbeddings(bytes, texts.length, dimensions);
    if (scanned !== undefined) {
      freeBuffer(bytes);
      return scanned;
    }
    return embeddingsIn(bytes);
  }

  async nativeDimensions(signal: AbortSignal): Promise<number | null> {
    try {
      const { bytes } = await this.#askToEmbed([KNOWN_GOOD_TEXT], NEVER_TRUNCATE, signal);
      const embeddings = embeddingsIn(bytes);
      return firstDimensions(embeddings);
    } catch (error) {
      if (error instanceof TextRejectedError) return null;
      throw error;
    }
  }

  async load(signal: AbortSignal): Promise<void> {
    await this.#askToEmbed([], NEVER_TRUNCATE, signal); // a request without texts only loads the model
  }

  /** Servers that imitate Ollama may lack `/api/ps`. */
  async loadState(signal: AbortSignal): Promise<LoadState | null> {
    const response = await this.#http.send('GET', '/api/ps', undefined, signal);
    return isSuccess(response) ? findLoaded(parseJson(response.bytes), this.#model) : null;
  }

  async describe(signal: AbortSignal): Promise<ModelDescription> {
    const body = parsed(await this.#call('POST', '/api/show', { model: this.#model }, signal));
    const description = isObject(body) ? body : {};
    const info = isObject(description['model_info']) ? description['model_info'] : {};
    const number = (suffix: string) => {
      const value = Object.entries(info).find(([key]) => key.endsWith(suffix))?.[1];
      return typeof value === 'number' ? value : null;
    };
    const { capabilities } = description;
    return {
      // Older servers list no capabilities. Then the first request shows it.
      canEmbed: !Array.isArray(capabilities) || capabilities.includes('embedding'),
      dimensions: number('.embedding_length'),
      contextLength: number('.context_length'),
    };
  }

  async version(signal: AbortSignal): Promise<string> {
    const body = parsed(await this.#call('GET', '/api/version', undefined, signal));
    return isObject(body) && typeof body['version'] === 'string' ? body['version'] : 'unknown';
  }

  close(): void {
    this.#http.close();
  }

  async #askToEmbed(
    texts: readonly string[],
    fields: Partial<Record<OptionalField, unknown>>,
    signal: AbortSignal,
    connection?: ConnectionChoice,
  ): Promise<JsonResponse> {
    return await this.#fields.ask(
      { ...fields, keep_alive: this.#options.keepAlive },
      OLLAMA,
      (sent) =>
        this.#http.send('POST', '/api/embed', { model: this.#model, input: texts, ...sent }, signal, connection),
      (response) => this.#errorOf(response, texts),
    );
  }

  async #call(
    method: 'GET' | 'POST',
    path: string,
    request: object | undefined,
    signal: AbortSignal,
  ): Promise<JsonResponse['bytes']> {
    const response = await this.#http.send(method, path, request, signal);
    if (isSuccess(response)) return response.bytes;
    throw classifyResponse(OLLAMA, this.#errorOf(response, []));
  }

  /** @param texts of the request, which the error must not repeat */
  #errorOf({ status, bytes, retryAfter }: JsonResponse, texts: readonly string[]): ErrorResponse {
    const { message, codes } = readErrorBody(bytes);
    const shown = withoutQuotes(redact(message, credentialsOf(this.#options), texts));
    return { status, message, shown, codes, retryAfter };
  }
}

function embeddingsIn(bytes: Buffer): unknown {
  const body = parsed(bytes);
  return isObject(body) ? body['embeddings'] : undefined;
}

/** @throws ProviderUnavailableError if the response is not JSON */
function parsed(bytes: Buffer): unknown {
  const body = parseJson(bytes);
  if (body !== undefined) return body;
  throw new ProviderUnavailableError(OLLAMA.codes.garbled, 'Ollama answered with something that is not JSON', {
    inputMayBeAtFault: true,
  });
}
