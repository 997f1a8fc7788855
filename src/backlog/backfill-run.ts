import { Backfill, type BackfillOptions } from './backfill.js';
import { sleep } from '../base/sleep.js';
import { retryTransient } from '../postgres/retry.js';
import { Outstanding } from './outstanding.js';

/** Polling takes at most a twentieth of the time, and happens at least every two seconds. */
const POLL_MIN_MS = 200;
const POLL_MAX_MS = 2_000;
const PAUSE_FACTOR = 20;
/** If no block ends for this long, something is probably wrong. */
const STALL_MS = 30_000;

export interface BackfillRunOptions extends Omit<BackfillOptions, 'onWaiting'> {
  /** Whether the backlog is paused by request, so that no block of it ends. */
  readonly isPaused: () => boolean;
}

/** A backfill that can also wait until its blocks have ended. Its progress can be read at any time. */
export class BackfillRun {
  readonly outstanding: Outstanding | null;
  readonly #backfill: Backfill;
  readonly #options: BackfillRunOptions;
  readonly #failed = new AbortController();
  #open = true;

  constructor(options: BackfillRunOptions, waitForBlocks: boolean) {
    const outstanding = waitForBlocks ? new Outstanding() : null;
    this.outstanding = outstanding;
    this.#options = { ...options, signal: AbortSignal.any([options.signal, this.#failed.signal]) };
    this.#backfill = new Backfill({ ...this.#options, onWaiting: (ids) => outstanding?.add(ids) });
  }

  get counts(): Backfill['counts'] {
    return this.#backfill.counts;
  }

  /** Whether blocks are still being enqueued. */
  get enqueuing(): boolean {
    return this.#open;
  }

  /** Resolves when all blocks are enqueued and, if they are followed, have ended; earlier when aborted. */
  async run(): Promise<void> {
    try {
      await Promise.all([this.#enqueue(), this.#follow()]);
    } finally {
      this.#failed.abort();
    }
  }

  async #enqueue(): Promise<void> {
    await this.#backfill.run();
    this.#open = this.#options.signal.aborted;
  }

  /** Polls the blocks until all have ended and no more can be added; earlier when aborted. */
  async #follow(): Promise<void> {
    const { outstanding } = this;
    if (outstanding === null) return;
    const { database, blocks, maxOutageMs, isPaused, signal, log } = this.#options;
    let progressAt = performance.now();
    while (!signal.aborted && (this.#open || outstanding.size > 0)) {
      const started = performance.now();
      const ended = await retryTransient(() => outstanding.poll(database, blocks), { signal, maxWaitMs: maxOutageMs });
      const now = performance.now();
      if (ended > 0 || outstanding.size === 0 || isPaused()) progressAt = now;
      if (now - progressAt > STALL_MS) {
        progressAt = now;
        log.warn('no block was embedded for a while; see: embedding-worker status', {
          seconds: STALL_MS / 1000,
          waiting: outstanding.size,
        });
      }
      await sleep(Math.min(POLL_MAX_MS, Math.max(POLL_MIN_MS, (now - started) * PAUSE_FACTOR)), signal);
    }
  }
}
