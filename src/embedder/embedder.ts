import { performance } from 'node:perf_hooks';
import { Semaphore } from 'async-mutex';
import type { Events } from '../events.js';
import { DrainingError, OllamaMisconfiguredError, TextRejectedError, TextTooLongError } from './errors.js';
import type { Ollama } from './ollama.js';
import { halve } from './sentences.js';
import { meanVector, readVectors, type VectorOrRejection } from './vector.js';

export interface EmbedderOptions {
  readonly ollama: Ollama;
  readonly model: string;
  readonly dimensions: number;
  /** Put before each text. */
  readonly instruction: string;
  /** Requests in flight. Ollama embeds one text at a time: two hide the network, more only make an edit wait. */
  readonly concurrency: number;
  readonly events: Events;
}

export interface EmbedOptions {
  /** Higher goes first among the requests that wait. */
  readonly priority: number;
  /** Hangs up. */
  readonly signal: AbortSignal;
}

/** A text of fewer characters that is still too long is not worth halving: something else is wrong. */
const SHORTEST_TO_HALVE = 64;

/** Texts in, vectors out: one queue in front of Ollama, over-long texts in parts, refused ones told apart. */
export class Embedder {
  readonly #options: EmbedderOptions;
  readonly #slots: Semaphore;
  #draining = false;

  constructor(options: EmbedderOptions) {
    this.#options = options;
    this.#slots = new Semaphore(options.concurrency, new DrainingError());
  }

  /**
   * @param texts the blocks' texts, not empty, without the instruction
   * @returns for each text a vector, number[dimensions] of length 1, or why this text has none
   * @throws OllamaUnavailableError, OllamaMisconfiguredError, DrainingError: no fault of any text
   */
  async embed(texts: readonly string[], options: EmbedOptions): Promise<VectorOrRejection[]> {
    if (texts.length === 0) return [];
    try {
      return await this.#request(texts, options);
    } catch (error) {
      if (!(error instanceof TextRejectedError)) throw error;
      const [first] = texts;
      if (texts.length === 1 && first !== undefined) return [await this.#embedAlone(first, error, options)];
      // One input fails the whole array, and nothing says which: halve until it is alone.
      const middle = Math.ceil(texts.length / 2);
      const left = await this.embed(texts.slice(0, middle), options);
      const right = await this.embed(texts.slice(middle), options);
      return [...left, ...right];
    }
  }

  /** Lets requests in flight finish and refuses all that wait, now and from now on. */
  drain(): void {
    this.#draining = true;
    this.#slots.cancel();
  }

  /** A text that was refused alone: in parts if it is too long, else for good. */
  async #embedAlone(text: string, error: TextRejectedError, options: EmbedOptions): Promise<VectorOrRejection> {
    if (!(error instanceof TextTooLongError) || text.length < SHORTEST_TO_HALVE) return error;
    const parts = await this.#embedInParts(text, options);
    const failed = parts.find((part) => part.vector instanceof TextRejectedError);
    if (failed?.vector instanceof TextRejectedError) return failed.vector;
    this.#options.events.emit('split', { parts: parts.length });
    return meanVector(
      parts.flatMap(({ vector, weight }) => (vector instanceof Float32Array ? [{ vector, weight }] : [])),
    );
  }

  async #embedInParts(text: string, options: EmbedOptions): Promise<{ vector: VectorOrRejection; weight: number }[]> {
    const parts: { vector: VectorOrRejection; weight: number }[] = [];
    for (const part of halve(text)) {
      if (part.trim() === '') continue;
      try {
        const [vector] = await this.#request([part], options);
        if (vector !== undefined) parts.push({ vector, weight: part.length });
      } catch (error) {
        if (!(error instanceof TextRejectedError)) throw error;
        if (error instanceof TextTooLongError && part.length >= SHORTEST_TO_HALVE)
          parts.push(...(await this.#embedInParts(part, options)));
        else parts.push({ vector: error, weight: part.length });
      }
    }
    return parts;
  }

  async #request(texts: readonly string[], { priority, signal }: EmbedOptions): Promise<VectorOrRejection[]> {
    if (this.#draining) throw new DrainingError();
    const { ollama, model, dimensions, instruction, events } = this.#options;
    const [, release] = await this.#slots.acquire(1, priority);
    const started = performance.now();
    let ok = false;
    try {
      signal.throwIfAborted();
      const embeddings = await ollama.embed(
        texts.map((text) => instruction + text),
        dimensions,
        signal,
      );
      const vectors = readVectors(embeddings, texts.length, dimensions, model);
      ok = true;
      return vectors;
    } finally {
      release();
      events.emit('request', { seconds: (performance.now() - started) / 1000, texts: texts.length, ok });
    }
  }
}

/**
 * Asks the server whether the configured model can serve the column, where it can be asked.
 *
 * @throws OllamaMisconfiguredError when it cannot
 */
export async function requireModel(
  ollama: Ollama,
  model: string,
  dimensions: number,
  signal: AbortSignal,
): Promise<void> {
  const description = await ollama.show(signal);
  if (!description.canEmbed) {
    throw new OllamaMisconfiguredError(
      'OLLAMA_MODEL_CANNOT_EMBED',
      `PALDOCS_EMBEDDING_MODEL: the model ${model} cannot embed: choose an embedding model, such as qwen3-embedding:4b`,
    );
  }
  if (description.dimensions !== null && description.dimensions < dimensions) {
    throw new OllamaMisconfiguredError(
      'EMBEDDING_DIMENSIONS',
      `PALDOCS_EMBEDDING_MODEL: the model ${model} gives vectors of ${description.dimensions} dimensions, the column blocks.embedding holds ${dimensions}: choose a model of at least ${dimensions}, or change the column to vector(${description.dimensions}) and embed all blocks again`,
    );
  }
}
