import type { LeaderParts } from './leader-parts.js';
import { sleep } from '../base/sleep.js';
import { LogLimit } from '../telemetry/log-limit.js';
import { Fill } from './fill.js';
import { readSharedBuffers } from '../postgres/read-shared-buffers.js';
import { paceFor, pauseAfter, type Pace } from './pace.js';
import type { PassState } from './pass-state.js';
import { Sweep, SWEPT } from './sweep.js';

/** Between sweeps while notifications do not arrive, since nothing else finds an edit then; and the share of the time. */
const NOTIFICATIONS_DOWN_INTERVAL_MS = 5_000;
const NOTIFICATIONS_DOWN_SHARE = 1 / 20;
/** While more blocks are known to wait, the queue is checked this often, and filled when it is half empty. */
const REFILL_CHECK_MS = 250;
/** The same after filling it failed. */
const REFILL_RETRY_MS = 5_000;
/** Requested sweeps follow each other no faster. */
const MIN_PAUSE_MS = 250;
const LOG_INTERVAL_MS = 60_000;

export interface SweeperOptions extends LeaderParts {
  /** Ready and active jobs up to which the queue is filled. */
  readonly queueLimit: number;
  /** From the start of a sweep to the start of the next. */
  readonly intervalMs: number;
  /** The fastest. */
  readonly pace: Pace;
  /** Whether notifications do not arrive. */
  readonly notificationsDown: () => boolean;
}

/**
 * Decides when to sweep while this replica leads: at once, at its interval, every few seconds while notifications do not
 * arrive, and on request. A requested sweep is urgent, and takes the place of one in progress that is not. Fills the queue
 * whenever it is half empty while more blocks are known to wait.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #fill: Fill;
  readonly #fillLog = new LogLimit(LOG_INTERVAL_MS);
  #running: Promise<void> = Promise.resolve();
  #stopping: AbortController | undefined;
  #requested = new AbortController();
  /** Ends the sweep in progress, if it is not urgent. */
  #giveUp: AbortController | undefined;
  #refillAt = Number.NEGATIVE_INFINITY;
  #pass: Omit<PassState, 'left'> = NO_PASS;
  #pace: Pace;

  constructor(options: SweeperOptions) {
    this.#options = options;
    this.#pace = options.pace;
    this.#fill = new Fill(options);
  }

  start(): void {
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.#fill.reset();
    this.#pass = NO_PASS;
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

  /** How far the sweep is. */
  get pass(): PassState {
    return { ...this.#pass, left: this.#fill.left };
  }

  /** Asks for an urgent sweep soon. */
  readonly request = (): void => {
    this.#requested.abort();
    this.#giveUp?.abort();
  };

  async #run(signal: AbortSignal): Promise<void> {
    let isRequested = true; // by the change of leader
    while (!signal.aborted) {
      this.#requested = new AbortController();
      const started = performance.now();
      let busyMs = 0;
      try {
        await this.#options.hold.whenOpen(signal);
        busyMs = await this.#sweep(isRequested || this.#options.notificationsDown(), signal);
      } catch (error) {
        if (!signal.aborted && !(await this.#options.hold.explainsForAll(error))) {
          this.#options.log.warn('sweep failed; retrying at the next one', { error });
        }
      }
      this.#giveUp = undefined;
      this.#pass = { ...this.#pass, share: null };
      await sleep(MIN_PAUSE_MS, signal);
      await this.#wait(this.#pauseMs(started, busyMs), AbortSignal.any([signal, this.#requested.signal]));
      isRequested = this.#requested.signal.aborted;
    }
  }

  /** @returns how long it was at work */
  async #sweep(isUrgent: boolean, stopping: AbortSignal): Promise<number> {
    const { database, blocks, events, log } = this.#options;
    const started = performance.now();
    const giveUp = new AbortController();
    if (!isUrgent) this.#giveUp = giveUp;
    const signal = AbortSignal.any([stopping, giveUp.signal]);
    const throughIndex = await blocks.hasIndexFor(SWEPT);
    const pace = (this.#pace = paceFor(this.#options.pace, await readSharedBuffers(database)));
    const onProgress = (share: number) => {
      this.#pass = { ...this.#pass, share, throughIndex };
      events.emit('sweep-progress', { share });
    };
    onProgress(0);
    const pause = (ms: number) => this.#wait(ms, signal);
    const options = { ...this.#options, fill: this.#fill, pace, isUrgent, throughIndex, onProgress, pause };
    const sweep = new Sweep(options, signal);
    const counts = await sweep.run().catch((error: unknown) => {
      if (!signal.aborted) throw error;
      return undefined; // the abort itself, or what it interrupted
    });
    if (counts === undefined) return sweep.busyMs;
    const seconds = (performance.now() - started) / 1000;
    const lastSeconds = Number(seconds.toFixed(1));
    this.#pass = { share: null, throughIndex, lastAt: new Date().toISOString(), lastSeconds };
    events.emit('swept', { ...counts, seconds });
    if (counts.enqueued + counts.reset + counts.cleared > 0) log.info('sweep finished', { ...counts, seconds });
    return sweep.busyMs;
  }

  #pauseMs(started: number, busyMs: number): number {
    const { intervalMs, notificationsDown } = this.#options;
    if (!notificationsDown()) return started + intervalMs - performance.now();
    return Math.min(intervalMs, Math.max(NOTIFICATIONS_DOWN_INTERVAL_MS, busyMs / NOTIFICATIONS_DOWN_SHARE));
  }

  /** Waits, and fills the queue meanwhile. */
  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const end = performance.now() + ms;
    for (;;) {
      if (this.#fill.isStopped && performance.now() >= this.#refillAt) await this.#refill(signal);
      const now = performance.now();
      const until = this.#fill.isStopped ? Math.min(end, this.#refillAt) : end;
      if (signal.aborted || now >= end) return;
      await sleep(until - now, signal);
    }
  }

  /** Fills the queue if it is half empty. */
  async #refill(signal: AbortSignal): Promise<void> {
    const { queue, queueLimit, events, hold, log } = this.#options;
    this.#refillAt = performance.now() + REFILL_CHECK_MS;
    if (hold.isHeld) return;
    try {
      if ((await queue.freeCapacity(queueLimit)) < queueLimit / 2) return;
      const { enqueued, read } = await this.#fill.resume(signal);
      this.#refillAt = performance.now() + Math.max(REFILL_CHECK_MS, pauseAfter(this.#pace, read, false));
      events.emit('filled', { enqueued, left: this.#fill.left });
    } catch (error) {
      this.#refillAt = performance.now() + REFILL_RETRY_MS;
      if (await hold.explainsForAll(error)) return;
      this.#fillLog.run(() => {
        log.warn('could not fill the queue; retrying', { error });
      });
    }
  }
}

const NO_PASS = { share: null, throughIndex: false, lastAt: null, lastSeconds: null };
