import { endianness } from 'node:os';
import { freeBuffer } from '../free-buffer.js';
import { classifyAnswer } from './classify.js';
import { ProviderUnavailableError } from './errors.js';
import { isObject } from './is-object.js';
import { JsonClient, parseJson, type JsonAnswer, type ServerAddress } from './json-client.js';
import { OPENAI } from './openai-dialect.js';
import { readRefusal, withoutQuotes, type SaidRefusal } from './openai-refusal.js';
import type { ModelDescription, Provider } from './provider.js';
import { credentialsOf, redact } from './redact.js';

export interface OpenAiOptions extends ServerAddress {
  /** The base of the API, such as `http://host:8000/v1`. */
  readonly url: string;
  readonly model: string;
  /** Texts that the server takes in one request. */
  readonly maxTexts: number;
}

/** What is asked for where a server knows of it, and how it says that it does not. */
const OPTIONAL = {
  dimensions: /\bdimensions?\b|matryoshka/i,
  encoding_format: /encoding_format|base64/i,
} as const;
type OptionalField = keyof typeof OPTIONAL;
const OPTIONAL_FIELDS = Object.keys(OPTIONAL) as OptionalField[];

/** Servers that have no list of models, or do not show it to this key, may embed all the same. */
const NO_LIST = new Set([400, 401, 403, 404, 405, 501]);

/** OpenAI's embeddings API, which vLLM, TEI, llama.cpp, LM Studio, LiteLLM and hosted services have, too. */
export class OpenAi implements Provider {
  readonly dialect = OPENAI;
  readonly maxTexts: number;
  readonly #http: JsonClient;
  readonly #model: string;
  readonly #options: OpenAiOptions;
  /** What the server has been found to refuse: it is not asked for again. */
  readonly #refused = new Set<OptionalField>();

  constructor(options: OpenAiOptions) {
    this.maxTexts = options.maxTexts;
    this.#model = options.model;
    this.#options = options;
    this.#http = new JsonClient(options, OPENAI);
  }

  /**
   * Vectors come as base64 where the server can: 2 to 12 µs a vector to read, where floats take 32 to 47. A field that
   * it refuses is left out from then on; what it makes of texts without `dimensions` is for `readVectors` to judge.
   */
  async embed(texts: readonly string[], dimensions: number, signal: AbortSignal): Promise<unknown> {
    const asked = { dimensions, encoding_format: 'base64' };
    const leftOut = new Set(this.#refused);
    for (;;) {
      const fields = Object.fromEntries(OPTIONAL_FIELDS.filter((f) => !leftOut.has(f)).map((f) => [f, asked[f]]));
      const body = { model: this.#model, input: texts, ...fields };
      const answer = await this.#http.send('POST', '/embeddings', body, signal);
      if (isSuccess(answer)) {
        // Not before: a server that refuses the text itself may speak of anything.
        for (const field of leftOut) this.#refused.add(field);
        return embeddingsIn(answer.bytes);
      }
      const refusal = readRefusal(parseJson(answer.bytes));
      const field = OPTIONAL_FIELDS.find((f) => !leftOut.has(f) && refuses(answer.status, refusal, f));
      if (field === undefined) throw this.#errorOf(answer, refusal, texts);
      leftOut.add(field);
    }
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
    if (!isSuccess(answer)) throw this.#errorOf(answer, readRefusal(parseJson(answer.bytes)), []);
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
    const isRefused = answer.status === 401 || answer.status === 403;
    if (isSuccess(answer) || (NO_LIST.has(answer.status) && !isRefused)) return null;
    throw this.#errorOf(answer, readRefusal(parseJson(answer.bytes)), []);
  }

  close(): void {
    this.#http.close();
  }

  #errorOf({ status, retryAfter }: JsonAnswer, { message, codes }: SaidRefusal, texts: readonly string[]): Error {
    // Some repeat a key that they refuse in part, which is not found.
    const shown =
      status === 401 ? 'not repeated here' : withoutQuotes(redact(message, credentialsOf(this.#options), texts));
    return classifyAnswer(OPENAI, { status, message, shown, codes, retryAfter });
  }
}

function isSuccess({ status }: JsonAnswer): boolean {
  return status >= 200 && status < 300;
}

function refuses(status: number, { message, codes }: SaidRefusal, field: OptionalField): boolean {
  return (status === 400 || status === 422) && OPTIONAL[field].test(`${message} ${codes}`);
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
  const ordered = items.every(({ index }) => index === undefined) ? items : inOrder(items);
  return ordered.map(({ embedding }) => (typeof embedding === 'string' ? floatsOf(embedding) : embedding));
}

function inOrder(items: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const byIndex = new Map(items.map((item) => [item['index'], item]));
  return items.map((_, at) => {
    const item = byIndex.get(at);
    if (item === undefined)
      throw garbled(`${items.length} vectors that are not numbered from 0 to ${items.length - 1}`);
    return item;
  });
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
    mayBeTheText: true,
  });
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
