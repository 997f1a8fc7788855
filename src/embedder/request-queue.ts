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
import { readVectors, type VectorOrRejection } from './vector.js';

export interface RequestQueueOptions {
  readonly provider: Provider;
  readonly gate: Gate;
  readonly lostRequests: LostRequests;
  /** How long a request with this many texts takes, in milliseconds; undefined if that is not known yet. */
  readonly expectedMs: (texts: number) => number | undefined;
  readonly model: string;
  /** Dimensions of the column, which may be altered. */
  readonly dimensions: () => number;
  /** Put before each text. */
  readonly instruction: string;
  /** Requests in flight. If the server embeds one text at a time, more than two only delay edits. */
  readonly concurrency: number;
  readonly events: Events;
}

export interface RequestOptions {
  /** Waiting requests with a higher priority go first. */
  readonly priority: number;
  /** Cancels the request, and ends the wait for an outage. */
  readonly signal: AbortSignal;
  /** When the job expires, in milliseconds. The signal is aborted well before. */
  readonly expireMs: number;
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
}

/** The result of a request that was lost with its connection. */
const LOST = Symbol('lost');

/** Sends requests by priority, a few at a time, and only while the gate is open. */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  readonly #slots: Semaphore;
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
    { priority, signal }: RequestOptions,
  ): Promise<VectorOrRejection[] | ProviderError> {
    const release = await this.#acquireSlot(priority, signal);
    const started = performance.now();
    try {
      for (let resends = 0; ; resends++) {
        const answer = await this.#sendOnce(texts, { started, resends, signal });
        if (answer !== LOST) return answer;
        await this.#whenOpen(signal);
      }
    } finally {
      release();
    }
  }

  async #sendOnce(
    texts: readonly string[],
    { started, resends, signal }: Attempt,
  ): Promise<VectorOrRejection[] | ProviderError | typeof LOST> {
    const { provider, gate, lostRequests, model, instruction, events } = this.#options;
    const dimensions = this.#options.dimensions();
    const inputs = texts.map((text) => instruction + text);
    const expectedMs = this.#options.expectedMs(texts.length);
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
  async recover(error: ProviderError, options: RequestOptions): Promise<void> {
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
  async requireOutage({ expireMs }: RequestOptions): Promise<void> {
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
