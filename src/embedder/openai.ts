import { endianness } from 'node:os';
import { freeBuffer } from '../base/free-buffer.js';
import { classifyResponse, type ErrorResponse } from './classify.js';
import type { ConnectionChoice } from './connections.js';
import { readErrorBody, withoutQuotes } from './error-body.js';
import { ProviderUnavailableError, TextRejectedError } from './errors.js';
import { isObject } from './is-object.js';
import { JsonClient, parseJson, type ServerAddress } from './json-client.js';
import type { Shorten } from './model-families.js';
import { OPENAI } from './openai-dialect.js';
import { DIMENSIONS, ENCODING_FORMAT, isSuccess, OptionalFields } from './optional-fields.js';
import { KNOWN_GOOD_TEXT, type ModelDescription, type Provider } from './provider.js';
import type { JsonResponse } from './read-response.js';
import { credentialsOf, redact } from './redact.js';
import { firstDimensions } from './vector.js';

export interface OpenAiOptions extends ServerAddress {
  /** The base of the API, such as `http://host:8000/v1`. */
  readonly url: string;
  readonly model: string;
  /** The maximum number of texts in one request. */
  readonly maxTexts: number;
  /** Default: `trained`. */
  readonly shorten?: Shorten;
}

type OptionalField = 'dimensions' | 'encoding_format';

/** A server without a list of models, or that does not show it to this key, may still embed. */
const NO_LIST = new Set([400, 401, 403, 404, 405, 501]);

/** OpenAI's embeddings API. vLLM, TEI, llama.cpp, LM Studio, LiteLLM and hosted services offer it, too. */
export class OpenAi implements Provider {
  readonly dialect = OPENAI;
  readonly maxTexts: number;
  readonly shorten: Shorten;
  readonly #http: JsonClient;
  readonly #model: string;
  readonly #options: OpenAiOptions;
  readonly #fields = new OptionalFields<OptionalField>({ dimensions: DIMENSIONS, encoding_format: ENCODING_FORMAT });

  constructor(options: OpenAiOptions) {
    this.maxTexts = options.maxTexts;
    this.#model = options.model;
    this.shorten = options.shorten ?? 'trained';
    this.#options = options;
    this.#http = new JsonClient(options, OPENAI);
  }

  /**
   * Asks for base64, which takes 2 to 12 µs per vector to read; JSON numbers take 32 to 47. If the server refuses
   * `dimensions`, `readVectors` judges what it returns.
   */
  async embed(
    texts: readonly string[],
    dimensions: number,
    signal: AbortSignal,
    connection?: ConnectionChoice,
  ): Promise<unknown> {
    return await this.#askToEmbed(texts, { dimensions, encoding_format: 'base64' }, signal, connection);
  }

  async nativeDimensions(signal: AbortSignal): Promise<number | null> {
    try {
      const embeddings = await this.#askToEmbed([KNOWN_GOOD_TEXT], { encoding_format: 'base64' }, signal);
      return firstDimensions(embeddings);
    } catch (error) {
      if (error instanceof TextRejectedError) return null;
      throw error;
    }
  }

  async #askToEmbed(
    texts: readonly string[],
    fields: Partial<Record<OptionalField, unknown>>,
    signal: AbortSignal,
    connection?: ConnectionChoice,
  ): Promise<unknown> {
    const { bytes } = await this.#fields.ask(
      fields,
      OPENAI,
      (sent) =>
        this.#http.send('POST', '/embeddings', { model: this.#model, input: texts, ...sent }, signal, connection),
      (response) => this.#errorOf(response, texts),
    );
    return embeddingsIn(bytes);
  }

  /** The API cannot load a model. A server that loads on demand does so with the first request. */
  load(): Promise<void> {
    return Promise.resolve();
  }

  /** The API does not say. */
  loadState(): Promise<null> {
    return Promise.resolve(null);
  }

  /** Reads the list of models: vLLM states the context length, llama.cpp the dimensions, others neither. */
  async describe(signal: AbortSignal): Promise<ModelDescription> {
    const unknown = { canEmbed: true, dimensions: null, contextLength: null };
    const response = await this.#http.send('GET', '/models', undefined, signal);
    if (NO_LIST.has(response.status)) return unknown;
    if (!isSuccess(response)) throw classifyResponse(OPENAI, this.#errorOf(response, []));
    const list = parseJson(response.bytes);
    const models = isObject(list) && Array.isArray(list['data']) ? list['data'].filter(isObject) : [];
    if (models.length === 0) return unknown;
    const model = models.find(({ id }) => id === this.#model);
    if (model === undefined) {
      return { ...unknown, listedInstead: models.map(({ id }) => id).filter((id) => typeof id === 'string') };
    }
    const meta = isObject(model['meta']) ? model['meta'] : {};
    return {
      canEmbed: true,
      dimensions: numberOrNull(meta['n_embd']),
      contextLength: numberOrNull(model['max_model_len']) ?? numberOrNull(meta['n_ctx_train']),
    };
  }

  /** @throws ProviderMisconfiguredError if the key may not list models, even if it may embed */
  async version(signal: AbortSignal): Promise<null> {
    const response = await this.#http.send('GET', '/models', undefined, signal);
    const isDenied = response.status === 401 || response.status === 403;
    if (isSuccess(response) || (NO_LIST.has(response.status) && !isDenied)) return null;
    throw classifyResponse(OPENAI, this.#errorOf(response, []));
  }

  close(): void {
    this.#http.close();
  }

  #errorOf({ status, bytes, retryAfter }: JsonResponse, texts: readonly string[]): ErrorResponse {
    const { message, codes } = readErrorBody(bytes);
    // Some servers repeat part of a refused key, which `redact` does not find.
    const shown =
      status === 401 ? 'not repeated here' : withoutQuotes(redact(message, credentialsOf(this.#options), texts));
    return { status, message, shown, codes, retryAfter };
  }
}

/**
 * The vectors of a response, sorted into the order of the texts.
 *
 * @returns a Float32Array for each vector that is base64; any other as it is
 */
function embeddingsIn(bytes: JsonResponse['bytes']): unknown {
  const body = parseJson(bytes);
  freeBuffer(bytes);
  if (body === undefined) throw garbled('something that is not JSON');
  const data = isObject(body) ? body['data'] : undefined;
  if (!Array.isArray(data)) return undefined;
  const items = data.map((item: unknown) => (isObject(item) ? item : {}));
  return inOrder(items).map(({ embedding }) => (typeof embedding === 'string' ? decodeFloats(embedding) : embedding));
}

/** Sorts by `index` if all items have one. Otherwise keeps the order, which the items that have one must not contradict. */
function inOrder(items: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const indexes = items.map(({ index }, at) => indexOf(index) ?? at);
  const byIndex = new Map(indexes.map((index, at) => [index, items[at]]));
  const isNumbered = items.every(({ index }) => indexOf(index) !== undefined);
  return items.map((_, at) => {
    const item = byIndex.get(at);
    if (item === undefined || (!isNumbered && indexes[at] !== at))
      throw garbled(`${items.length} vectors that are not numbered from 0 to ${items.length - 1}`);
    return item;
  });
}

/** Some servers send the number as a string. @returns undefined if there is none */
function indexOf(index: unknown): number | undefined {
  if (typeof index === 'number') return index;
  return typeof index === 'string' && /^\d+$/.test(index) ? Number(index) : undefined;
}

/** Little-endian float32, in base64. */
function decodeFloats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
    throw garbled('a vector that is not float32 in base64');
  if (endianness() === 'BE') bytes.swap32();
  return new Float32Array(Uint8Array.from(bytes).buffer); // a copy: a small Buffer may begin anywhere in Node's pool
}

function garbled(what: string): ProviderUnavailableError {
  return new ProviderUnavailableError(OPENAI.codes.garbled, `${OPENAI.name} answered with ${what}`, {
    inputMayBeAtFault: true,
  });
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
