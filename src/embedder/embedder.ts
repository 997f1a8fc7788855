import { inputMayBeAtFault, TextTooLongError } from './errors.js';
import { RequestQueue, type RequestOptions, type RequestQueueOptions } from './request-queue.js';
import { TextEmbedder, type LONG } from './text-embedder.js';
import type { VectorOrRejection } from './vector.js';

/**
 * Texts in, vectors out. Callers see three results only: a vector, a text that is at fault, or an error that tells them to
 * come back later. Errors are handled here:
 *
 * - An error closes the gate. The gate opens when a known-good text is embedded.
 * - After an error that no text can cause, the same texts are sent again. After any other, they are sent in halves until
 *   the failing text is alone; the others get their vectors.
 * - A text that fails alone three times in a row is at fault.
 * - A text longer than the model's context is embedded in parts. So is, once, a long text that crashes the model.
 */
export class Embedder {
  readonly #requests: RequestQueue;
  readonly #single: TextEmbedder;
  readonly #maxTexts: number;

  constructor(options: RequestQueueOptions) {
    this.#requests = new RequestQueue(options);
    this.#single = new TextEmbedder(this.#requests, options.events);
    this.#maxTexts = options.provider.maxTexts;
  }

  /**
   * @param texts the blocks' texts, not empty, without the instruction
   * @returns for each text its vector, number[dimensions] of length 1, or why it has none, or `LONG` if it is longer than
   * the model's context
   * @throws DrainingError, or the signal's reason: no text's fault
   * @throws TookTooLongError if one of the texts used up the job's time
   */
  async embed(texts: readonly string[], options: RequestOptions): Promise<(VectorOrRejection | typeof LONG)[]> {
    const [first] = texts;
    if (first === undefined) return [];
    if (texts.length === 1) return [await this.#single.embed(first, options)];
    if (texts.length > this.#maxTexts) return await this.#embedFirst(this.#maxTexts, texts, options);
    for (;;) {
      const answer = await this.#requests.send(texts, options);
      if (Array.isArray(answer)) return await this.#retryRejected(texts, answer, options);
      if (!(answer instanceof TextTooLongError)) {
        await this.#requests.recover(answer, options);
        if (!inputMayBeAtFault(answer)) continue;
      }
      // One text fails the whole request, and the error does not say which.
      return await this.#embedFirst(Math.ceil(texts.length / 2), texts, options);
    }
  }

  /**
   * Embeds one text alone, in parts if it is longer than the model's context.
   *
   * @throws DrainingError, or the signal's reason: not the text's fault
   * @throws TookTooLongError if the text used up the job's time
   */
  async embedLong(text: string, options: RequestOptions): Promise<VectorOrRejection> {
    return await this.#single.embedLong(text, options);
  }

  /** Lets requests in flight finish. Rejects the waiting ones and all later ones. */
  drain(): void {
    this.#requests.drain();
  }

  /** Embeds the first `count` texts, then the rest. */
  async #embedFirst(
    count: number,
    texts: readonly string[],
    options: RequestOptions,
  ): Promise<(VectorOrRejection | typeof LONG)[]> {
    const results = await this.embed(texts.slice(0, count), options);
    return [...results, ...(await this.embed(texts.slice(count), options))];
  }

  /** Embeds again, alone, each text whose vector was rejected. */
  async #retryRejected(
    texts: readonly string[],
    vectors: readonly VectorOrRejection[],
    options: RequestOptions,
  ): Promise<(VectorOrRejection | typeof LONG)[]> {
    const results: (VectorOrRejection | typeof LONG)[] = [];
    for (const [i, vector] of vectors.entries()) {
      results.push(vector instanceof Float32Array ? vector : await this.#single.embed(texts[i] ?? '', options));
    }
    return results;
  }
}
