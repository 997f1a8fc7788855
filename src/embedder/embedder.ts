import { performance } from 'node:perf_hooks';
import { Semaphore } from 'async-mutex';
import { acquire } from '../base/acquire.js';
import type { Events } from '../telemetry/events.js';
import { span } from '../telemetry/span.js';
import { Timeout } from '../base/timeout.js';
import {
  DrainingError,
  isProviderError,
  inputMayBeAtFault,
  ProviderUnavailableError,
  TextTooLongError,
  TookTooLongError,
} from './errors.js';
import type { ProviderError } from './errors.js';
import type { Gate } from './gate.js';
import type { Provider } from './provider.js';
import { asRejection, isTooLong, mayBeItsLength, splitAfterCrash, splitTooLong, type SplitText } from './split-text.js';
import { readVectors, type VectorOrRejection } from './vector.js';

export interface EmbedderOptions {
  readonly provider: Provider;
  readonly gate: Gate;
  readonly model: string;
  /** Of the column, which may be altered. */
  readonly dimensions: () => number;
  /** Put before each text. */
  readonly instruction: string;
  /** Requests in flight. To a server that embeds one text at a time, more than two only make an edit wait. */
  readonly concurrency: number;
  readonly events: Events;
}

export interface EmbedOptions {
  /** Higher goes first among the requests that wait. */
  readonly priority: number;
  /** Cancels the request, and ends the waiting for an outage. */
  readonly signal: AbortSignal;
  /** After which the job is another's, in milliseconds: the signal is aborted well before. */
  readonly expireMs: number;
}

/** Stands for a text that has to be embedded in parts, which may take long: see `embedLong`. */
export const LONG = Symbol('long');

/** Of a job's expiry: how long a request must have taken that is said to be slow, and what finding that out may take. */
const SLOW_SHARE = 0.25;
const JUDGE_SHARE = 0.05;
/** A text is blamed when it has failed alone so many times running, a good one having passed after each. */
const MAX_SOLO_FAILURES = 3;

/**
 * Texts in, vectors out. What goes wrong on the way is sorted out here, so that its callers see three things only: a
 * vector, a text that is to blame, or that they must come again later.
 *
 * - A failure closes the gate, which opens when a text that is known to be good was embedded.
 * - What no text can have caused is sent again as it was. What one may have caused is sent again in halves, until the
 *   culprit is alone; the others get their vectors.
 * - A text that fails alone three times running is to blame.
 * - A text longer than the model's context is embedded in parts; so is, once, a long one that the model does not survive.
 */
export class Embedder {
  readonly #options: EmbedderOptions;
  readonly #slots: Semaphore;
  readonly #draining = new AbortController();

  constructor(options: EmbedderOptions) {
    this.#options = options;
    this.#slots = new Semaphore(options.concurrency, new DrainingError());
  }

  /**
   * @param texts the blocks' texts, not empty, without the instruction
   * @returns for each text a vector, number[dimensions] of length 1, or why this text has none, or `LONG` where it is longer
   * than the model's context
   * @throws DrainingError, or the signal's reason: no fault of any text
   * @throws TookTooLongError where one of the texts used up the time
   */
  async embed(texts: readonly string[], options: EmbedOptions): Promise<(VectorOrRejection | typeof LONG)[]> {
    const [first] = texts;
    if (first === undefined) return [];
    if (texts.length === 1) return [await this.#embedAlone(first, options)];
    const { maxTexts } = this.#options.provider;
    if (texts.length > maxTexts) {
      const now = await this.embed(texts.slice(0, maxTexts), options);
      return [...now, ...(await this.embed(texts.slice(maxTexts), options))];
    }
    for (;;) {
      const answer = await this.#request(texts, options);
      if (Array.isArray(answer)) return await this.#again(texts, answer, options);
      if (!(answer instanceof TextTooLongError)) {
        await this.#hold(answer, options);
        if (!inputMayBeAtFault(answer)) continue;
      }
      // One input fails the whole array, and nothing says which.
      const middle = Math.ceil(texts.length / 2);
      const left = await this.embed(texts.slice(0, middle), options);
      const right = await this.embed(texts.slice(middle), options);
      return [...left, ...right];
    }
  }

  /**
   * Embeds one text alone, in parts where it is longer than the model's context.
   *
   * @throws DrainingError, or the signal's reason: no fault of the text
   * @throws TookTooLongError where the text used up the time
   */
  async embedLong(text: string, options: EmbedOptions): Promise<VectorOrRejection> {
    try {
      const result = await this.#embedAlone(text, options);
      if (result !== LONG) return result;
      return this.#told(await splitTooLong(text, (part) => this.#tryAlone(part, options)));
    } catch (error) {
      if (isHeldTooLong(options.signal) && error === options.signal.reason) await this.#requireWorking(options);
      throw error;
    }
  }

  /** Lets requests in flight finish and refuses all that wait, now and from now on. */
  drain(): void {
    this.#draining.abort(new DrainingError());
    this.#slots.cancel();
  }

  /** Texts whose vectors were unusable are tried alone; the others are done. */
  async #again(
    texts: readonly string[],
    vectors: readonly VectorOrRejection[],
    options: EmbedOptions,
  ): Promise<(VectorOrRejection | typeof LONG)[]> {
    const results: (VectorOrRejection | typeof LONG)[] = [];
    for (const [i, vector] of vectors.entries()) {
      results.push(vector instanceof Float32Array ? vector : await this.#embedAlone(texts[i] ?? '', options));
    }
    return results;
  }

  /** One text, in parts if the model does not survive it. */
  async #embedAlone(text: string, options: EmbedOptions): Promise<VectorOrRejection | typeof LONG> {
    const result = await this.#tryAlone(text, options);
    if (result instanceof Float32Array) return result;
    if (isTooLong(result, text)) return LONG;
    if (mayBeItsLength(result, text) && !isHeldTooLong(options.signal)) {
      return await this.#splitAfterCrash(text, result, options);
    }
    return asRejection(result);
  }

  async #splitAfterCrash(text: string, failure: ProviderError, options: EmbedOptions): Promise<VectorOrRejection> {
    try {
      return this.#told(await splitAfterCrash(text, failure, (part) => this.#sendOnce(part, options)));
    } catch (error) {
      // It has failed alone often enough to be blamed, whether or not there is time for all of its parts.
      if (isHeldTooLong(options.signal)) return asRejection(failure);
      throw error;
    }
  }

  #told({ vector, parts }: SplitText): VectorOrRejection {
    if (vector instanceof Float32Array) this.#options.events.emit('split', { parts });
    return vector;
  }

  /** Sends one text until it has a vector, is too long, or is to blame. */
  async #tryAlone(text: string, options: EmbedOptions): Promise<Float32Array | ProviderError> {
    let soloFailures = 0;
    for (;;) {
      const result = await this.#requestOne(text, options);
      if (result instanceof Float32Array || isTooLong(result, text)) return result;
      if (inputMayBeAtFault(result)) soloFailures += 1;
      // A text on which the model hangs uses up the time that its job may be held: one strike more is all it gets.
      const timeIsUp = isHeldTooLong(options.signal) && this.#options.gate.isOpen;
      if (soloFailures >= MAX_SOLO_FAILURES || (soloFailures > 1 && timeIsUp)) return result;
      await this.#hold(result, options);
    }
  }

  /** Sends a part of a text, and again only for what it cannot have caused. After a failure the server works again. */
  async #sendOnce(part: string, options: EmbedOptions): Promise<Float32Array | ProviderError> {
    for (;;) {
      const result = await this.#requestOne(part, options);
      if (result instanceof Float32Array || isTooLong(result, part)) return result;
      const isItsOwn = inputMayBeAtFault(result);
      await this.#hold(result, options);
      if (isItsOwn) return result;
    }
  }

  async #requestOne(text: string, options: EmbedOptions): Promise<Float32Array | ProviderError> {
    const answer = await this.#request([text], options);
    return Array.isArray(answer) ? theOnly(answer) : answer;
  }

  /** Closes the gate for what went wrong and waits until it opens. */
  async #hold(error: ProviderError, options: EmbedOptions): Promise<void> {
    const { gate } = this.#options;
    gate.report(error);
    if (error instanceof LateError && error.tookMs > options.expireMs * SLOW_SHARE) await this.#requireWorking(options);
    await gate.pass(AbortSignal.any([options.signal, this.#draining.signal]));
  }

  /**
   * Tells a text that takes too long from a server that does not answer, as far as that can be found out in time.
   *
   * @throws TookTooLongError where a text that is known to be good is embedded now
   */
  async #requireWorking({ expireMs }: EmbedOptions): Promise<void> {
    const { gate, provider } = this.#options;
    const { name, codes } = provider.dialect;
    gate.report(
      new ProviderUnavailableError(codes.noAnswer, `${name} did not answer in time`, { inputMayBeAtFault: true }),
    );
    const limit = new Timeout(expireMs * JUDGE_SHARE, this.#draining.signal);
    try {
      await gate.pass(limit.signal);
    } catch (error) {
      if (limit.expired) return;
      throw error;
    } finally {
      limit.clear();
    }
    throw new TookTooLongError();
  }

  /**
   * Sends one request, through the gate, when its turn comes.
   *
   * @returns what the server made of the texts, or its error
   * @throws DrainingError, or the signal's reason
   */
  async #request(
    texts: readonly string[],
    { priority, signal }: EmbedOptions,
  ): Promise<VectorOrRejection[] | ProviderError> {
    const { provider, gate, model, instruction, events } = this.#options;
    const release = await this.#turn(priority, signal);
    const dimensions = this.#options.dimensions();
    const started = performance.now();
    let ok = false;
    try {
      const inputs = texts.map((text) => instruction + text);
      const embeddings = await span('request', texts.length, () => provider.embed(inputs, dimensions, signal));
      const { dialect, shorten } = provider;
      const vectors = readVectors(embeddings, texts.length, { dimensions, model, dialect, shorten });
      ok = true;
      gate.worked();
      return vectors;
    } catch (error) {
      if (isProviderError(error)) return error;
      if (!isHeldTooLong(signal)) throw error;
      const { name, codes } = provider.dialect;
      return new LateError(codes.noAnswer, `${name} did not answer in the time a job may be held`, {
        inputMayBeAtFault: true,
        tookMs: performance.now() - started,
      });
    } finally {
      release();
      events.emit('request', {
        seconds: (performance.now() - started) / 1000,
        texts: texts.length,
        ok,
      });
    }
  }

  async #turn(priority: number, signal: AbortSignal): Promise<() => void> {
    for (;;) {
      await this.#options.gate.pass(AbortSignal.any([signal, this.#draining.signal]));
      const release = await acquire(this.#slots, 1, priority, signal);
      // While it waited for its turn, the gate may have closed and the jobs may have been held too long.
      if (this.#options.gate.isOpen && !signal.aborted) return release;
      release();
    }
  }
}

/** A request that was cancelled, since the time was up for which its jobs may be held. */
class LateError extends ProviderUnavailableError {
  readonly tookMs: number;

  constructor(code: string, message: string, details: { inputMayBeAtFault: boolean; tookMs: number }) {
    super(code, message, details);
    this.tookMs = details.tookMs;
  }
}

function theOnly<T>(values: readonly T[]): T {
  const [value] = values;
  if (value === undefined) throw new RangeError('one text was sent and no result came back'); // readVectors counts them
  return value;
}

/** Whether the time is up for which a job may be held, and not the process. */
function isHeldTooLong(signal: AbortSignal): boolean {
  return signal.aborted && !(signal.reason instanceof DrainingError);
}
