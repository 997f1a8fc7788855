import { freeBuffer } from '../base/free-buffer.js';
import { classifyAnswer, type Refusal } from './classify.js';
import { isObject } from './is-object.js';
import { ProviderUnavailableError, TextRejectedError } from './errors.js';
import { JsonClient, parseJson, type ServerAddress } from './json-client.js';
import type { JsonAnswer } from './read-answer.js';
import { KNOWN_GOOD_TEXT } from './known-good-text.js';
import type { Shorten } from './model-families.js';
import { OLLAMA } from './ollama-dialect.js';
import { DIMENSIONS, isSuccess, OptionalFields, TRUNCATE } from './optional-fields.js';
import type { ModelDescription, Provider } from './provider.js';
import { credentialsOf, redact } from './redact.js';
import { readRefusal, withoutQuotes } from './refusal.js';
import { scanEmbeddings } from './scan-embeddings.js';
import { lengthOfFirst } from './vector.js';

export interface OllamaOptions extends ServerAddress {
  readonly model: string;
  /** A model that is not in memory is loaded first, and hanging up aborts the load: a whole load must fit. */
  readonly timeoutMs: number;
  /** `trained`, where absent. */
  readonly shorten?: Shorten;
}

type OptionalField = 'truncate' | 'dimensions';

/** A text that is cut silently is found by its beginning only. */
const NEVER_TRUNCATE = { truncate: false };

/** Ollama's own HTTP API, which others have, too, and not always all of it. */
export class Ollama implements Provider {
  readonly dialect = OLLAMA;
  readonly maxTexts = Infinity;
  readonly shorten: Shorten;
  readonly #http: JsonClient;
  readonly #options: OllamaOptions;
  readonly #model: string;
  readonly #fields = new OptionalFields<OptionalField>({ truncate: TRUNCATE, dimensions: DIMENSIONS });

  constructor(options: OllamaOptions) {
    this.shorten = options.shorten ?? 'trained';
    this.#options = options;
    this.#model = options.model;
    this.#http = new JsonClient(options, OLLAMA);
  }

  /** Numbers that are as they should be come as floats. Servers before 0.11.11 ignore `dimensions`. */
  async embed(texts: readonly string[], dimensions: number, signal: AbortSignal): Promise<unknown> {
    const { bytes } = await this.#askToEmbed(texts, { dimensions, ...NEVER_TRUNCATE }, signal);
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
      return lengthOfFirst(embeddings);
    } catch (error) {
      if (error instanceof TextRejectedError) return null;
      throw error;
    }
  }

  async load(signal: AbortSignal): Promise<void> {
    await this.#askToEmbed([], NEVER_TRUNCATE, signal); // of a request without texts, the loading is what is left
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

  async #askToEmbed(
    texts: readonly string[],
    fields: Partial<Record<OptionalField, unknown>>,
    signal: AbortSignal,
  ): Promise<JsonAnswer> {
    return await this.#fields.ask(
      fields,
      OLLAMA,
      (asked) => this.#http.send('POST', '/api/embed', { model: this.#model, input: texts, ...asked }, signal),
      (answer) => this.#refusalOf(answer, texts),
    );
  }

  async #call(
    method: 'GET' | 'POST',
    path: string,
    request: object | undefined,
    signal: AbortSignal,
  ): Promise<JsonAnswer['bytes']> {
    const answer = await this.#http.send(method, path, request, signal);
    if (isSuccess(answer)) return answer.bytes;
    throw classifyAnswer(OLLAMA, this.#refusalOf(answer, []));
  }

  /** @param texts what of the request must not be told */
  #refusalOf({ status, bytes, retryAfter }: JsonAnswer, texts: readonly string[]): Refusal {
    const { message, codes } = readRefusal(bytes);
    const shown = withoutQuotes(redact(message, credentialsOf(this.#options), texts));
    return { status, message, shown, codes, retryAfter };
  }
}

function embeddingsIn(bytes: Buffer): unknown {
  const answer = parsed(bytes);
  return isObject(answer) ? answer['embeddings'] : undefined;
}

/** The JSON of an answer that should hold some. */
function parsed(bytes: Buffer): unknown {
  const answer = parseJson(bytes);
  if (answer !== undefined) return answer;
  throw new ProviderUnavailableError(OLLAMA.codes.garbled, 'Ollama answered with what is not JSON', {
    inputMayBeAtFault: true,
  });
}
