import type { Brain } from './brain.js';
import { countTokens, cutToTokens } from './context.js';
import type { Effect, VectorChange } from './effect.js';
import { parseEmbedRequest, type EmbedRequest } from './embed-request.js';
import { Loader } from './loader.js';
import { CONTEXT_ERRORS, type StandInOptions } from './options.js';
import { Refusal } from './refusal.js';
import { Runner } from './runner.js';
import { wrongVectorsJson, vectorsJson } from './vector-json.js';

/** A fault rule that applies to an embedding. */
export interface EmbedFault {
  readonly effect: Effect;
  /** Changes only the vectors of texts that contain this. */
  readonly text: string | undefined;
}

/**
 * Ollama without its HTTP server: the embedding model behind a loader and a runner. Answers are JSON; any status other than
 * 200 is thrown as a Refusal.
 */
export class Ollama {
  readonly loader: Loader;
  readonly runner: Runner;
  readonly #brain: Brain;
  readonly #options: StandInOptions;

  constructor(brain: Brain, options: StandInOptions, onChange: () => void) {
    this.#brain = brain;
    this.#options = options;
    this.loader = new Loader(options, async () => brain.load?.(), onChange);
    this.runner = new Runner(options, onChange);
  }

  /** `POST /api/embed`: all vectors, or an error. */
  async embed(body: Readonly<Record<string, unknown>>, fault: EmbedFault | undefined, signal: AbortSignal) {
    const startedAt = performance.now();
    const request = parseEmbedRequest(body);
    return await this.#withModel(request, signal, async () => {
      const loadedAt = performance.now();
      if (request.texts.length === 0) return JSON.stringify({ model: request.model, embeddings: [] });

      const texts = this.#withinContext(request);
      const embeddings = await this.runner.run(texts, signal, () => this.#embeddingsJson(request, texts, fault));
      return [
        Buffer.from(`{"model":${JSON.stringify(request.model)},"embeddings":`),
        embeddings,
        Buffer.from(
          `,"total_duration":${nanoseconds(performance.now() - startedAt)}` +
            `,"load_duration":${nanoseconds(loadedAt - startedAt)}` +
            `,"prompt_eval_count":${texts.reduce((sum, text) => sum + countTokens(text), 0)}}`,
        ),
      ];
    });
  }

  /** The same for the OpenAI API: the JSON of each vector. */
  async embedEach(
    request: EmbedRequest,
    fault: EmbedFault | undefined,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    return await this.#withModel(request, signal, async () => {
      const texts = this.#withinContext(request);
      return await this.runner.run(texts, signal, () => this.#vectors(request, texts, fault));
    });
  }

  /** `POST /api/show`. */
  show(body: Readonly<Record<string, unknown>>): string {
    const { architecture, contextTokens } = this.#options;
    const name = body.model ?? body.name;
    if (typeof name !== 'string' || name === '') throw new Refusal(400, 'model is required');
    const embeds = this.#is(this.#options.model, name);
    if (!embeds && !this.#is(this.#options.chatModel, name)) throw new Refusal(404, `model '${name}' not found`);
    const family = embeds ? architecture : 'llama';
    return JSON.stringify({
      details: details(family),
      model_info: {
        'general.architecture': family,
        'general.parameter_count': 4_021_774_336,
        [`${family}.embedding_length`]: embeds ? this.#brain.nativeDimensions : 3072,
        [`${family}.context_length`]: contextTokens,
      },
      capabilities: embeds ? ['embedding'] : ['completion', 'tools'],
      modified_at: MODIFIED_AT,
    });
  }

  /** `GET /api/tags`. */
  tags(hidden: boolean): string {
    const { model, chatModel, architecture } = this.#options;
    const models = hidden ? [chatModel] : [model, chatModel];
    return JSON.stringify({
      models: models.map((name) => ({
        name: tagged(name),
        model: tagged(name),
        modified_at: MODIFIED_AT,
        size: MODEL_BYTES,
        digest: 'a'.repeat(64),
        details: details(name === model ? architecture : 'llama'),
      })),
    });
  }

  /** `GET /api/ps`: the models in memory. Like Ollama's, the list has the model as soon as it is being loaded. */
  ps(hidden: boolean): string {
    const { model, architecture, contextTokens } = this.#options;
    const { expiresAt } = this.loader;
    const listed = hidden || expiresAt === undefined ? [] : [expiresAt];
    return JSON.stringify({
      models: listed.map((time) => ({
        name: tagged(model),
        model: tagged(model),
        size: MODEL_BYTES,
        digest: 'a'.repeat(64),
        details: details(architecture),
        expires_at: new Date(time).toISOString(),
        size_vram: MODEL_BYTES,
        context_length: contextTokens,
      })),
    });
  }

  /** `GET /api/version`. */
  version(): string {
    return JSON.stringify({ version: this.#options.version });
  }

  async #withModel<T>(request: EmbedRequest, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (!this.#is(this.#options.model, request.model)) this.#refuseModel(request.model);
    return await this.loader.use({ key: request.optionsKey, keepAliveMs: request.keepAliveMs }, signal, work);
  }

  #embeddingsJson(request: EmbedRequest, texts: readonly string[], fault: EmbedFault | undefined) {
    const { kind } = fault?.effect ?? {};
    if (kind !== 'crash' && kind !== 'vectors' && this.#brain.embedJson !== undefined) {
      return this.#brain.embedJson(texts, this.#dimensions(request.dimensions));
    }
    return this.#vectors(request, texts, fault).then((vectors) => Buffer.from(`[${vectors.join(',')}]`));
  }

  async #vectors(
    request: EmbedRequest,
    texts: readonly string[],
    fault: EmbedFault | undefined,
  ): Promise<readonly string[]> {
    if (fault?.effect.kind === 'crash') this.#crash(fault.effect);
    const dimensions = this.#dimensions(request.dimensions);
    if (fault?.effect.kind === 'vectors') return this.#wrongVectors(texts, dimensions, fault.effect.change, fault.text);
    return vectorsJson(await this.#brain.embed(texts, dimensions));
  }

  async #wrongVectors(texts: readonly string[], dimensions: number, change: VectorChange, only: string | undefined) {
    const vectors = await this.#brain.embed(texts, dimensions);
    return wrongVectorsJson(vectors, change, (at) => only === undefined || (texts[at] ?? '').includes(only));
  }

  #crash(effect: Effect & { kind: 'crash' }): never {
    const error = new Refusal(400, effect.error);
    this.loader.unload();
    if (effect.collateral === true) this.runner.crash(error);
    throw error;
  }

  #dimensions(asked: number): number {
    const native = this.#brain.nativeDimensions;
    return asked > 0 && asked < native && !this.#options.ignoreDimensions ? asked : native;
  }

  #withinContext({ texts, truncate }: EmbedRequest): readonly string[] {
    const { contextTokens, contextError } = this.#options;
    // A UTF-16 unit is at most three bytes, which is less than a token.
    const tooLong = (text: string) => text.length > contextTokens && countTokens(text) > contextTokens;
    if (!texts.some(tooLong)) return texts;
    if (!truncate) throw new Refusal(400, CONTEXT_ERRORS[contextError]);
    return texts.map((text) => cutToTokens(text, contextTokens));
  }

  #refuseModel(name: string): never {
    if (name === '') throw new Refusal(404, "model '' not found");
    if (this.#is(this.#options.chatModel, name)) throw new Refusal(501, 'this model does not support embeddings');
    throw modelNotFound(name);
  }

  #is(model: string, name: string): boolean {
    return tagged(model).toLowerCase() === tagged(name).toLowerCase();
  }
}

/** 404 of `/api/embed`; the text of `/api/show` differs. */
export function modelNotFound(name: string): Refusal {
  return new Refusal(404, `model ${JSON.stringify(name)} not found, try pulling it first`);
}

const MODEL_BYTES = 2_497_293_918;
const MODIFIED_AT = '2025-09-24T10:00:00Z';

function tagged(name: string): string {
  return name.includes(':') ? name : `${name}:latest`;
}

function details(family: string): object {
  return {
    parent_model: '',
    format: 'gguf',
    family,
    families: [family],
    parameter_size: '4.0B',
    quantization_level: 'Q4_K_M',
  };
}

function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6);
}
