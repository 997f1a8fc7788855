import type { LeaderParts } from './leader-parts.js';
import { sleep } from '../base/sleep.js';
import { Fill } from './fill.js';
import { Sweep } from './sweep.js';

/** Between sweeps while notifications do not arrive, since nothing else finds an edit then; and the share of the time. */
const NOTIFICATIONS_DOWN_INTERVAL_MS = 5_000;
const NOTIFICATIONS_DOWN_SHARE = 1 / 20;
/** While more blocks are known to wait, the queue is checked this often, and filled when it is half empty. */
const REFILL_CHECK_MS = 250;
/** Requested sweeps follow each other no faster. */
const MIN_PAUSE_MS = 250;

export interface SweeperOptions extends LeaderParts {
  /** Ready and active jobs up to which the queue is filled. */
  readonly queueLimit: number;
  /** Between two sweeps. */
  readonly intervalMs: number;
  /** Whether notifications do not arrive. */
  readonly notificationsDown: () => boolean;
}

/**
 * Decides when to sweep while this replica leads: at once, at its interval, every few seconds while notifications do not
 * arrive, and on request. Fills the queue whenever it is half empty while more blocks are known to wait.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #fill: Fill;
  #running: Promise<void> = Promise.resolve();
  #stopping: AbortController | undefined;
  #requested = Promise.withResolvers<undefined>();
  /** Pending blocks that the queue had no capacity for. */
  #left = 0;

  constructor(options: SweeperOptions) {
    this.#options = options;
    this.#fill = new Fill(options);
  }

  start(): void {
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.#fill.reset();
    this.#left = 0;
    this.#running = this.#running.then(() => this.#run(stopping.signal));
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    await this.#running;
  }

  /** Whether blocks may be pending that the queue had no capacity for, or that no sweep has seen yet. */
  get hasBacklog(): boolean {
    return this.#fill.hasBacklog;
  }

  /** Asks for a sweep soon. */
  readonly request = (): void => {
    this.#requested.resolve(undefined);
  };

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#requested = Promise.withResolvers();
      const started = performance.now();
      try {
        await this.#options.hold.whenOpen(signal);
        await this.#sweep(signal);
      } catch (error) {
        if (!signal.aborted && !(await this.#options.hold.explainsForAll(error))) {
          this.#options.log.warn('sweep failed; retrying at the next one', { error });
        }
      }
      const tookMs = performance.now() - started;
      await sleep(MIN_PAUSE_MS, signal);
      await this.#untilNext(this.#pauseMs(tookMs) - MIN_PAUSE_MS, signal);
    }
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { events, log } = this.#options;
    const started = performance.now();
    const counts = await new Sweep({ ...this.#options, fill: this.#fill }, signal).run();
    this.#left = counts.left;
    const seconds = (performance.now() - started) / 1000;
    events.emit('swept', { ...counts, seconds });
    if (counts.enqueued + counts.reset + counts.cleared > 0) log.info('sweep finished', { ...counts, seconds });
  }

  #pauseMs(tookMs: number): number {
    const { intervalMs, notificationsDown } = this.#options;
    if (!notificationsDown()) return intervalMs;
    return Math.min(intervalMs, Math.max(NOTIFICATIONS_DOWN_INTERVAL_MS, tookMs / NOTIFICATIONS_DOWN_SHARE));
  }

  async #untilNext(pauseMs: number, signal: AbortSignal): Promise<void> {
    const { hold, log } = this.#options;
    const end = performance.now() + pauseMs;
    while (!signal.aborted && performance.now() < end) {
      if (!this.#fill.isStopped) return await this.#untilRequested(end - performance.now(), signal);
      await sleep(REFILL_CHECK_MS, signal);
      try {
        await this.#refill(signal);
      } catch (error) {
        if (!(await hold.explainsForAll(error))) {
          log.warn('could not fill the queue; the next sweep continues', { error });
        }
        return;
      }
    }
  }

  async #untilRequested(pauseMs: number, signal: AbortSignal): Promise<void> {
    const requested = new AbortController();
    void this.#requested.promise.then(() => {
      requested.abort();
    });
    await sleep(pauseMs, AbortSignal.any([signal, requested.signal]));
  }

  /** Fills the queue if it is half empty. */
  async #refill(signal: AbortSignal): Promise<void> {
    const { queue, queueLimit, events } = this.#options;
    if ((await queue.freeCapacity(queueLimit)) < queueLimit / 2) return;
    const started = performance.now();
    const enqueued = await this.#fill.resume(signal);
    this.#left = this.#fill.isStopped ? Math.max(0, this.#left - enqueued) : 0;
    const seconds = (performance.now() - started) / 1000;
    events.emit('swept', { enqueued, reset: 0, cleared: 0, left: this.#left, seconds });
  }
}
