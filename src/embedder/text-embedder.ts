import type { Events } from '../telemetry/events.js';
import {
  embedInParts,
  embedInPartsAfterCrash,
  isTooLong,
  mayHaveCrashedOnLength,
  type EmbeddedParts,
} from './embed-in-parts.js';
import { asRejection, inputMayBeAtFault, type ProviderError } from './errors.js';
import { isJobTimeUp, type BatchOptions, type RequestOptions, type RequestQueue } from './request-queue.js';
import { wholeText, type TextInContext } from './text-in-context.js';
import type { VectorOrRejection } from './vector.js';

/** The result for a text that is longer than the model's context: `embedLong` embeds it in parts, which may take long. */
export const LONG = Symbol('long');

/** A text is at fault once it failed alone this many times in a row, with a known-good text embedded after each. */
const MAX_SOLO_FAILURES = 3;

/** Embeds one text at a time, each in a request of its own. */
export class TextEmbedder {
  readonly #requests: RequestQueue;
  readonly #events: Events;

  constructor(requests: RequestQueue, events: Events) {
    this.#requests = requests;
    this.#events = events;
  }

  /** Embeds a text; in parts if the model crashes on it and it is long. */
  async embed(text: TextInContext, options: RequestOptions): Promise<VectorOrRejection | typeof LONG> {
    const whole = wholeText(text);
    const result = await this.#embedOrFault(whole, options);
    if (result instanceof Float32Array) return result;
    if (isTooLong(result, whole)) return LONG;
    if (mayHaveCrashedOnLength(result, whole) && !isJobTimeUp(options.signal)) {
      return await this.#embedAfterCrash(text, result, options);
    }
    return asRejection(result);
  }

  /**
   * Embeds a text, in parts if it is longer than the model's context.
   *
   * @throws DrainingError, or the signal's reason: not the text's fault
   * @throws TookTooLongError if the text used up the job's time
   */
  async embedLong(text: TextInContext, batch: BatchOptions): Promise<VectorOrRejection> {
    const options = { ...batch, typical: false };
    try {
      const result = await this.embed(text, options);
      if (result !== LONG) return result;
      return this.#countParts(await embedInParts(text, (part) => this.#embedOrFault(part, options)));
    } catch (error) {
      const { signal } = options;
      if (isJobTimeUp(signal) && error === signal.reason) await this.#requests.requireOutage(options);
      throw error;
    }
  }

  async #embedAfterCrash(text: TextInContext, failure: ProviderError, batch: BatchOptions): Promise<VectorOrRejection> {
    const options = { ...batch, typical: false };
    try {
      return this.#countParts(await embedInPartsAfterCrash(text, failure, (part) => this.#embedOnce(part, options)));
    } catch (error) {
      // It failed alone often enough to be at fault, even if there is no time for all of its parts.
      if (isJobTimeUp(options.signal)) return asRejection(failure);
      throw error;
    }
  }

  #countParts({ vector, parts }: EmbeddedParts): VectorOrRejection {
    if (vector instanceof Float32Array) this.#events.emit('split', { parts });
    return vector;
  }

  /** Sends a text until it has a vector, is too long, or is at fault. */
  async #embedOrFault(text: string, options: RequestOptions): Promise<Float32Array | ProviderError> {
    let soloFailures = 0;
    for (let typical = options.typical; ; typical = false) {
      const result = await this.#requests.sendOne(text, { ...options, typical });
      if (result instanceof Float32Array || isTooLong(result, text)) return result;
      if (inputMayBeAtFault(result)) soloFailures += 1;
      // A text that hangs the model uses up the job's time: after that, two failures are enough.
      const timeIsUp = isJobTimeUp(options.signal) && this.#requests.isGateOpen;
      if (soloFailures >= MAX_SOLO_FAILURES || (soloFailures > 1 && timeIsUp)) return result;
      await this.#requests.recover(result, options);
    }
  }

  /** Sends a part of a text, and repeats it only after errors that no text can cause. The server works when it resolves. */
  async #embedOnce(part: string, options: RequestOptions): Promise<Float32Array | ProviderError> {
    for (;;) {
      const result = await this.#requests.sendOne(part, options);
      if (result instanceof Float32Array || isTooLong(result, part)) return result;
      const mayBeAtFault = inputMayBeAtFault(result);
      await this.#requests.recover(result, options);
      if (mayBeAtFault) return result;
    }
  }
}
