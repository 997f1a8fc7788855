import { performance } from 'node:perf_hooks';
import { Semaphore } from 'async-mutex';
import { acquire } from '../base/acquire.js';
import { Timeout } from '../base/timeout.js';
import type { Events } from '../telemetry/events.js';
import { span } from '../telemetry/span.js';
import { DrainingError, isProviderError, ProviderUnavailableError, TookTooLongError } from './errors.js';
import type { ProviderError } from './errors.js';
import type { Gate } from './gate.js';
import type { LostRequests } from './lost-requests.js';
import type { Provider } from './provider.js';
import type { RequestSize } from './request-size.js';
import { ServerTime } from './server-time.js';
import { readVectors, type VectorOrRejection } from './vector.js';

export interface RequestQueueOptions {
  readonly provider: Provider;
  readonly gate: Gate;
  readonly lostRequests: LostRequests;
  readonly model: string;
  /** Dimensions of the column, which may be altered. */
  readonly dimensions: () => number;
  /** Put before each text. */
  readonly instruction: string;
  /** Requests in flight. If the server embeds one text at a time, more than two only delay edits. */
  readonly concurrency: number;
  /** Learns from each request's duration. */
  readonly size: RequestSize;
  readonly events: Events;
}

/** Options of the requests for a batch. */
export interface BatchOptions {
  /** Waiting requests with a higher priority go first. */
  readonly priority: number;
  /** Cancels the request, and ends the wait for an outage. */
  readonly signal: AbortSignal;
  /** When the job expires, in milliseconds. The signal is aborted well before. */
  readonly expireMs: number;
}

export interface RequestOptions extends BatchOptions {
  /**
   * Whether the request shows what requests cost: its texts are those of a batch. Texts that failed before, and parts of
   * long texts, say nothing about others.
   */
  readonly typical: boolean;
}

/** A cancelled request counts as slow if it took longer than this share of the job's expiry. */
const SLOW_REQUEST_SHARE = 0.25;
/** The share of the job's expiry that we spend on finding out whether the server works. */
const VERIFY_SHARE = 0.05;

interface Attempt {
  /** When the texts were sent for the first time. */
  readonly started: number;
  /** How often they were sent before and lost. */
  readonly resends: number;
  readonly signal: AbortSignal;
  /** See `RequestOptions`. */
  readonly typical: boolean;
}

/** The result of a request that was lost with its connection. */
const LOST = Symbol('lost');

/** Sends requests by priority, a few at a time, and only while the gate is open. */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  readonly #slots: Semaphore;
  readonly #serverTime = new ServerTime();
  readonly #draining = new AbortController();

  constructor(options: RequestQueueOptions) {
    this.#options = options;
    this.#slots = new Semaphore(options.concurrency, new DrainingError());
  }

  get isGateOpen(): boolean {
    return this.#options.gate.isOpen;
  }

  /** Lets requests in flight finish. Rejects the waiting ones and all later ones. */
  drain(): void {
    this.#draining.abort(new DrainingError());
    this.#slots.cancel();
  }

  /**
   * Sends one request when its turn comes. If it is lost, sends it again in the same slot.
   *
   * @returns the vectors or rejections of the texts, or the server's error
   * @throws DrainingError, or the signal's reason
   */
  async send(
    texts: readonly string[],
    { priority, signal, typical }: RequestOptions,
  ): Promise<VectorOrRejection[] | ProviderError> {
    const release = await this.#acquireSlot(priority, signal);
    const started = performance.now();
    try {
      for (let resends = 0; ; resends++) {
        const answer = await this.#sendOnce(texts, { started, resends, signal, typical: typical && resends === 0 });
        if (answer !== LOST) return answer;
        await this.#whenOpen(signal);
      }
    } finally {
      release();
    }
  }

  async #sendOnce(
    texts: readonly string[],
    { started, resends, signal, typical }: Attempt,
  ): Promise<VectorOrRejection[] | ProviderError | typeof LOST> {
    const { provider, gate, lostRequests, size, model, instruction, events } = this.#options;
    const dimensions = this.#options.dimensions();
    const inputs = texts.map((text) => instruction + text);
    const expectedMs = size.expectedMs(texts.length);
    const request = lostRequests.watch({ texts: texts.length, expectedMs, resends }, signal);
    let ok = false;
    try {
      const embeddings = await span('request', texts.length, () => provider.embed(inputs, dimensions, request.signal));
      const { dialect, shorten } = provider;
      const vectors = readVectors(embeddings, texts.length, { dimensions, model, dialect, shorten });
      ok = true;
      gate.succeeded();
      return vectors;
    } catch (error) {
      if (request.isLost) return LOST;
      if (isProviderError(error)) return error;
      if (!isJobTimeUp(signal)) throw error;
      const { name, codes } = provider.dialect;
      return new CancelledRequestError(codes.noAnswer, `${name} did not answer before the job's time was up`, {
        inputMayBeAtFault: true,
        tookMs: performance.now() - started,
      });
    } finally {
      lostRequests.end(request, ok);
      if (ok || !request.isLost) {
        const ms = this.#serverTime.answered(request.sentAt, ok);
        if (ms !== undefined && typical) size.record(texts.length, ms);
        events.emit('request', {
          seconds: (performance.now() - request.sentAt) / 1000,
          texts: texts.length,
          ok,
        });
      }
    }
  }

  /** Sends one text: see `send`. */
  async sendOne(text: string, options: RequestOptions): Promise<Float32Array | ProviderError> {
    const result = await this.send([text], options);
    if (!Array.isArray(result)) return result;
    const [vector] = result;
    if (vector === undefined) throw new RangeError('sent one text and received no result'); // readVectors counts them
    return vector;
  }

  /**
   * Closes the gate because of an error and waits until the server works again.
   *
   * @throws DrainingError, or the signal's reason
   * @throws TookTooLongError if the request was slow and the server works
   */
  async recover(error: ProviderError, options: BatchOptions): Promise<void> {
    const { gate } = this.#options;
    gate.report(error);
    if (error instanceof CancelledRequestError && error.tookMs > options.expireMs * SLOW_REQUEST_SHARE) {
      await this.requireOutage(options);
    }
    await this.#whenOpen(options.signal);
  }

  /**
   * Distinguishes a text that takes too long from a server that does not answer: has the gate probe the server, and
   * returns if no probe succeeds in the little time that is left.
   *
   * @throws TookTooLongError if a probe succeeds
   */
  async requireOutage({ expireMs }: BatchOptions): Promise<void> {
    const { gate, provider } = this.#options;
    const { name, codes } = provider.dialect;
    gate.report(
      new ProviderUnavailableError(codes.noAnswer, `${name} did not answer in time`, { inputMayBeAtFault: true }),
    );
    const limit = new Timeout(expireMs * VERIFY_SHARE, this.#draining.signal);
    try {
      await gate.whenOpen(limit.signal);
    } catch (error) {
      if (limit.expired) return;
      throw error;
    } finally {
      limit.clear();
    }
    throw new TookTooLongError();
  }

  async #acquireSlot(priority: number, signal: AbortSignal): Promise<() => void> {
    for (;;) {
      await this.#whenOpen(signal);
      const release = await acquire(this.#slots, 1, priority, signal);
      // Meanwhile the gate may have closed, or the job's time may be up.
      if (this.#options.gate.isOpen && !signal.aborted) return release;
      release();
    }
  }

  async #whenOpen(signal: AbortSignal): Promise<void> {
    await this.#options.gate.whenOpen(AbortSignal.any([signal, this.#draining.signal]));
  }
}

/** A request that was cancelled because its job's time was up. */
class CancelledRequestError extends ProviderUnavailableError {
  readonly tookMs: number;

  constructor(code: string, message: string, details: { inputMayBeAtFault: boolean; tookMs: number }) {
    super(code, message, details);
    this.tookMs = details.tookMs;
  }
}

/** Whether the signal was aborted because the job's time is up, and not because the process is shutting down. */
export function isJobTimeUp(signal: AbortSignal): boolean {
  return signal.aborted && !(signal.reason instanceof DrainingError);
}
