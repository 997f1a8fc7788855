import { endianness } from 'node:os';
import { freeBuffer } from '../base/free-buffer.js';
import { classifyAnswer, type Refusal } from './classify.js';
import { ProviderUnavailableError, TextRejectedError } from './errors.js';
import { isObject } from './is-object.js';
import { JsonClient, parseJson, type ServerAddress } from './json-client.js';
import type { JsonAnswer } from './read-answer.js';
import { KNOWN_GOOD_TEXT } from './known-good-text.js';
import type { Shorten } from './model-families.js';
import { OPENAI } from './openai-dialect.js';
import { DIMENSIONS, ENCODING_FORMAT, isSuccess, OptionalFields } from './optional-fields.js';
import type { ModelDescription, Provider } from './provider.js';
import { credentialsOf, redact } from './redact.js';
import { readRefusal, withoutQuotes } from './refusal.js';
import { lengthOfFirst } from './vector.js';

export interface OpenAiOptions extends ServerAddress {
  /** The base of the API, such as `http://host:8000/v1`. */
  readonly url: string;
  readonly model: string;
  /** Texts that the server takes in one request. */
  readonly maxTexts: number;
  /** `trained`, where absent. */
  readonly shorten?: Shorten;
}

type OptionalField = 'dimensions' | 'encoding_format';

/** Servers that have no list of models, or do not show it to this key, may embed all the same. */
const NO_LIST = new Set([400, 401, 403, 404, 405, 501]);

/** OpenAI's embeddings API, which vLLM, TEI, llama.cpp, LM Studio, LiteLLM and hosted services have, too. */
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
   * Vectors come as base64 where the server can: 2 to 12 µs a vector to read, where floats take 32 to 47. What it makes of
   * texts where it refuses `dimensions` is for `readVectors` to judge.
   */
  async embed(texts: readonly string[], dimensions: number, signal: AbortSignal): Promise<unknown> {
    return await this.#askToEmbed(texts, { dimensions, encoding_format: 'base64' }, signal);
  }

  async nativeDimensions(signal: AbortSignal): Promise<number | null> {
    try {
      const embeddings = await this.#askToEmbed([KNOWN_GOOD_TEXT], { encoding_format: 'base64' }, signal);
      return lengthOfFirst(embeddings);
    } catch (error) {
      if (error instanceof TextRejectedError) return null;
      throw error;
    }
  }

  async #askToEmbed(
    texts: readonly string[],
    fields: Partial<Record<OptionalField, unknown>>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { bytes } = await this.#fields.ask(
      fields,
      OPENAI,
      (asked) => this.#http.send('POST', '/embeddings', { model: this.#model, input: texts, ...asked }, signal),
      (answer) => this.#refusalOf(answer, texts),
    );
    return embeddingsIn(bytes);
  }

  /** The API has no such thing; a server that loads on demand does it with the first request. */
  load(): Promise<void> {
    return Promise.resolve();
  }

  /** What is in the list of models: vLLM tells the context, llama.cpp the dimensions, others neither. */
  async describe(signal: AbortSignal): Promise<ModelDescription> {
    const unknown = { canEmbed: true, dimensions: null, contextLength: null };
    const answer = await this.#http.send('GET', '/models', undefined, signal);
    if (NO_LIST.has(answer.status)) return unknown;
    if (!isSuccess(answer)) throw classifyAnswer(OPENAI, this.#refusalOf(answer, []));
    const list = parseJson(answer.bytes);
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

  /** @throws ProviderMisconfiguredError where the key may not even list models, which need not keep it from embedding */
  async version(signal: AbortSignal): Promise<null> {
    const answer = await this.#http.send('GET', '/models', undefined, signal);
    const isRejectedByServer = answer.status === 401 || answer.status === 403;
    if (isSuccess(answer) || (NO_LIST.has(answer.status) && !isRejectedByServer)) return null;
    throw classifyAnswer(OPENAI, this.#refusalOf(answer, []));
  }

  close(): void {
    this.#http.close();
  }

  #refusalOf({ status, bytes, retryAfter }: JsonAnswer, texts: readonly string[]): Refusal {
    const { message, codes } = readRefusal(bytes);
    // Some repeat a key that they refuse in part, which is not found.
    const shown =
      status === 401 ? 'not repeated here' : withoutQuotes(redact(message, credentialsOf(this.#options), texts));
    return { status, message, shown, codes, retryAfter };
  }
}

/**
 * The vectors of an answer, in the order of the texts, which is not always that of the answer.
 *
 * @returns floats where they came as base64, else what came
 */
function embeddingsIn(bytes: JsonAnswer['bytes']): unknown {
  const answer = parseJson(bytes);
  freeBuffer(bytes);
  if (answer === undefined) throw garbled('what is not JSON');
  const data = isObject(answer) ? answer['data'] : undefined;
  if (!Array.isArray(data)) return undefined;
  const items = data.map((item: unknown) => (isObject(item) ? item : {}));
  return inOrder(items).map(({ embedding }) => (typeof embedding === 'string' ? floatsOf(embedding) : embedding));
}

/** By their numbers, where all have one; else as they came, which the numbers of some must not contradict. */
function inOrder(items: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const numbers = items.map(({ index }, at) => numberOf(index) ?? at);
  const byNumber = new Map(numbers.map((number, at) => [number, items[at]]));
  const isNumbered = items.every(({ index }) => numberOf(index) !== undefined);
  return items.map((_, at) => {
    const item = byNumber.get(at);
    if (item === undefined || (!isNumbered && numbers[at] !== at))
      throw garbled(`${items.length} vectors that are not numbered from 0 to ${items.length - 1}`);
    return item;
  });
}

/** Some write numbers as texts. @returns undefined where there is none */
function numberOf(index: unknown): number | undefined {
  if (typeof index === 'number') return index;
  return typeof index === 'string' && /^\d+$/.test(index) ? Number(index) : undefined;
}

/** Little-endian float32, in base64. */
function floatsOf(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
    throw garbled('a vector that is not base64 of floats');
  if (endianness() === 'BE') bytes.swap32();
  return new Float32Array(Uint8Array.from(bytes).buffer); // a copy: a small Buffer may begin anywhere in its pool
}

function garbled(what: string): ProviderUnavailableError {
  return new ProviderUnavailableError(OPENAI.codes.garbled, `${OPENAI.name} answered with ${what}`, {
    inputMayBeAtFault: true,
  });
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
