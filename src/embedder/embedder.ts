import { inputMayBeAtFault, TextRejectedError, TextTooLongError } from './errors.js';
import { RequestQueue, type BatchOptions, type RequestOptions, type RequestQueueOptions } from './request-queue.js';
import type { RequestSize } from './request-size.js';
import { LONG, TextEmbedder } from './text-embedder.js';
import { wholeText, type TextInContext } from './text-in-context.js';
import type { VectorOrRejection } from './vector.js';

export interface EmbedOptions extends BatchOptions {
  /** Whether the size of the requests may vary, to learn what they cost the server. */
  readonly explore: boolean;
}

/** A text that was not sent, or not answered in time, while others of its batch have their results. */
export class Unanswered {
  /** What `embed` would have thrown if no text had a result. */
  readonly reason: unknown;

  constructor(reason: unknown) {
    this.reason = reason;
  }
}

const NO_TEXT: TextInContext = { context: '', text: '' };

/** `LONG`: the text is longer than the model's context. */
type RequestResult = VectorOrRejection | typeof LONG;
export type TextResult = RequestResult | Unanswered;

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
  readonly #size: RequestSize;

  constructor(options: RequestQueueOptions) {
    this.#requests = new RequestQueue(options);
    this.#single = new TextEmbedder(this.#requests, options.events);
    this.#size = options.size;
  }

  /**
   * Sends the requests of a batch one after another, so that every worker has one in the queue.
   *
   * @param texts the blocks' texts, not empty, without the instruction
   * @returns for each text its vector, number[dimensions] of length 1, or why it has none, or `LONG` if it is longer than
   * the model's context, or `Unanswered` if a request failed after an earlier one of the batch had succeeded
   * @throws DrainingError, or the signal's reason: no text's fault
   * @throws TookTooLongError if one of the texts used up the job's time
   */
  async embed(texts: readonly TextInContext[], options: EmbedOptions): Promise<TextResult[]> {
    const results: RequestResult[] = [];
    for (const size of this.#size.divide(texts.length, options.explore)) {
      const request = texts.slice(results.length, results.length + size);
      try {
        results.push(...(await this.#embedRequest(request, { ...options, typical: true })));
      } catch (error) {
        if (results.length === 0) throw error;
        return texts.map((_, i) => results[i] ?? new Unanswered(error));
      }
    }
    return results;
  }

  /**
   * Embeds one text alone, in parts if it is longer than the model's context.
   *
   * @throws DrainingError, or the signal's reason: not the text's fault
   * @throws TookTooLongError if the text used up the job's time
   */
  async embedLong(text: TextInContext, options: BatchOptions): Promise<VectorOrRejection> {
    return await this.#single.embedLong(text, options);
  }

  /** Lets requests in flight finish. Rejects the waiting ones and all later ones. */
  drain(): void {
    this.#requests.drain();
  }

  async #embedRequest(texts: readonly TextInContext[], options: RequestOptions): Promise<RequestResult[]> {
    const [first] = texts;
    if (first === undefined) return [];
    if (texts.length === 1) return [await this.#single.embed(first, options)];
    for (;;) {
      const answer = await this.#requests.send(texts.map(wholeText), options);
      if (Array.isArray(answer)) return await this.#retryRejected(texts, answer, options);
      if (!(answer instanceof TextTooLongError)) {
        await this.#requests.recover(answer, options);
        if (!inputMayBeAtFault(answer)) continue;
      }
      // One text fails the whole request, and the error does not say which.
      const results = await this.#embedHalves(texts, options);
      if (answer instanceof TextRejectedError && results.every((result) => result instanceof Float32Array)) {
        this.#size.rejected(texts.length);
      }
      return results;
    }
  }

  async #embedHalves(texts: readonly TextInContext[], batch: BatchOptions): Promise<RequestResult[]> {
    const options = { ...batch, typical: false };
    const middle = Math.ceil(texts.length / 2);
    const results = await this.#embedRequest(texts.slice(0, middle), options);
    return [...results, ...(await this.#embedRequest(texts.slice(middle), options))];
  }

  /** Embeds again, alone, each text whose vector was rejected. */
  async #retryRejected(
    texts: readonly TextInContext[],
    vectors: readonly VectorOrRejection[],
    options: RequestOptions,
  ): Promise<RequestResult[]> {
    const results: RequestResult[] = [];
    for (const [i, vector] of vectors.entries()) {
      results.push(
        vector instanceof Float32Array
          ? vector
          : await this.#single.embed(texts[i] ?? NO_TEXT, { ...options, typical: false }),
      );
    }
    return results;
  }
}
