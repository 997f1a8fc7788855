import type { LeaderParts } from './leader-parts.js';
import { LogLimit } from '../telemetry/log-limit.js';
import { sleep } from '../base/sleep.js';
import { MAX_WAITING_EDITS } from '../queue/capacity.js';
import { BATCH } from './fill.js';
import { EDITS_PER_INSERT, type LiveEdits } from './live-edits.js';
import { pauseAfter, type Pace } from './pace.js';
import { retryForLeader } from './retry-for-leader.js';
import type { Sweeper } from './sweeper.js';

/** Between the starts of two scans. */
const MIN_INTERVAL_MS = 250;
/** Share of the time that reading the table may take. */
const READ_SHARE = 1 / 20;
/** However long the last scan took, edits wait no longer than this. */
const MAX_PAUSE_MS = 60_000;
const LOG_INTERVAL_MS = 60_000;

export interface PendingScanOptions extends LeaderParts {
  readonly edits: LiveEdits;
  readonly pace: Pace;
  readonly sweeper: Pick<Sweeper, 'hasBacklog' | 'pass' | 'request'>;
}

/**
 * Finds the edits of an API whose notifications name no block: it scans for pending blocks at once, and then no more often
 * than the table can bear. What it finds goes before all backlog, since the last sweep left nothing pending. If that sweep
 * did, or there is more than people edit by hand, the sweep takes over.
 */
export class PendingScan {
  readonly #options: PendingScanOptions;
  readonly #stopping = new AbortController();
  readonly #failureLog = new LogLimit(LOG_INTERVAL_MS);
  #wanted = false;
  #running: Promise<void> | undefined;
  #freeAt = Number.NEGATIVE_INFINITY;

  constructor(options: PendingScanOptions) {
    this.#options = options;
  }

  /** Asks for a scan that begins after this call. */
  readonly request = (): void => {
    if (this.#stopping.signal.aborted) return;
    this.#wanted = true;
    this.#running ??= this.#run();
  };

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { sweeper, log } = this.#options;
    const { signal } = this.#stopping;
    while (this.#wanted && !signal.aborted) {
      await sleep(this.#freeAt - performance.now(), signal);
      if (signal.aborted) break;
      this.#wanted = false;
      const started = performance.now();
      let readMs = 0;
      try {
        if (sweeper.hasBacklog) sweeper.request();
        else readMs = await this.#scan();
      } catch (error) {
        if (signal.aborted) break;
        this.#failureLog.run(() => {
          log.warn('could not scan for pending blocks; the next sweep will', { error });
        });
        sweeper.request();
      }
      const pauseMs = Math.min(MAX_PAUSE_MS, readMs / READ_SHARE - readMs);
      this.#freeAt = Math.max(started + MIN_INTERVAL_MS, performance.now() + pauseMs);
    }
    this.#running = undefined;
  }

  /**
   * Reads the newest rows first, and pauses after each slice in which no block waits.
   *
   * @returns how long reading took, in milliseconds
   */
  async #scan(): Promise<number> {
    const { blocks, pace, sweeper } = this.#options;
    const { signal } = this.#stopping;
    let readMs = 0;
    let found = 0;
    const parts = blocks.find(['pending', 'unset'], {
      throughIndex: sweeper.pass.throughIndex,
      newestFirst: true,
      slicePages: pace.slicePages,
      attempt: (transaction) => retryForLeader(this.#options, signal, transaction),
    });
    for await (const part of parts) {
      if (signal.aborted) return readMs;
      const { ids, tookMs } = await this.#withoutJob(part.rows.map(({ id }) => id));
      const partMs = part.tookMs + tookMs;
      readMs += partMs;
      found += ids.length;
      if (!(await this.#enqueue(ids)) || found >= MAX_WAITING_EDITS) {
        sweeper.request();
        return readMs;
      }
      if (ids.length === 0 && part.share < 1) await sleep(pauseAfter(pace, { ...part, tookMs: partMs }, true), signal);
    }
    return readMs;
  }

  /** Those of the blocks that are pending and have no live job. */
  async #withoutJob(blockIds: readonly string[]): Promise<{ ids: string[]; tookMs: number }> {
    const { database, queue, blocks } = this.#options;
    if (blockIds.length === 0) return { ids: [], tookMs: 0 };
    return await retryForLeader(this.#options, this.#stopping.signal, async () => {
      const started = performance.now();
      const ids: string[] = [];
      for (let i = 0; i < blockIds.length; i += BATCH) {
        const open = await queue.withoutLiveJob(blockIds.slice(i, i + BATCH));
        ids.push(...(await blocks.pending(database, open))); // a worker may have finished some since
      }
      return { ids, tookMs: performance.now() - started };
    });
  }

  /** @returns false where the queue takes no more edits */
  async #enqueue(ids: readonly string[]): Promise<boolean> {
    const { edits } = this.#options;
    const { signal } = this.#stopping;
    for (let i = 0; i < ids.length && !signal.aborted; i += EDITS_PER_INSERT) {
      const batch = ids.slice(i, i + EDITS_PER_INSERT);
      if (!(await retryForLeader(this.#options, signal, () => edits.hasCapacityFor(batch.length)))) return false;
      await retryForLeader(this.#options, signal, () => edits.enqueue(batch, 0));
    }
    return true;
  }
}
