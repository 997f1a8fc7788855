import type { LeaderParts } from './leader-parts.js';
import { LogLimit } from '../telemetry/log-limit.js';
import { sleep } from '../base/sleep.js';
import { MAX_WAITING_EDITS } from '../queue/capacity.js';
import { EDITS_PER_INSERT, type LiveEdits } from './live-edits.js';
import { retryForLeader } from './retry-for-leader.js';

/** Between the starts of two scans. */
const MIN_INTERVAL_MS = 250;
/** Share of the time that reading the table may take. */
const READ_SHARE = 1 / 20;
/** However long the last scan took, edits wait no longer than this. */
const MAX_PAUSE_MS = 60_000;
/** Blocks read at once. */
const PAGE = 1_000;
const LOG_INTERVAL_MS = 60_000;

export interface PendingScanOptions extends LeaderParts {
  readonly edits: LiveEdits;
  /** Whether blocks may be pending that were not just edited. */
  readonly hasBacklog: () => boolean;
  readonly requestSweep: () => void;
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
    const { hasBacklog, requestSweep, log } = this.#options;
    const { signal } = this.#stopping;
    while (this.#wanted && !signal.aborted) {
      await sleep(this.#freeAt - performance.now(), signal);
      if (signal.aborted) break;
      this.#wanted = false;
      const started = performance.now();
      let readMs = 0;
      try {
        if (hasBacklog()) requestSweep();
        else readMs = await this.#scan();
      } catch (error) {
        if (signal.aborted) break;
        this.#failureLog.run(() => {
          log.warn('could not scan for pending blocks; the next sweep will', { error });
        });
        requestSweep();
      }
      const pauseMs = Math.min(MAX_PAUSE_MS, readMs / READ_SHARE - readMs);
      this.#freeAt = Math.max(started + MIN_INTERVAL_MS, performance.now() + pauseMs);
    }
    this.#running = undefined;
  }

  /** @returns how long reading took, in milliseconds */
  async #scan(): Promise<number> {
    const { requestSweep } = this.#options;
    const { signal } = this.#stopping;
    let readMs = 0;
    let after: string | null = null;
    for (let found = 0; found < MAX_WAITING_EDITS && !signal.aborted;) {
      const page = await this.#read(after);
      readMs += page.tookMs;
      found += page.ids.length;
      if (!(await this.#enqueue(page.ids))) break;
      if (page.isLast) return readMs;
      after = page.lastId;
    }
    requestSweep();
    return readMs;
  }

  /** @returns the ids of pending blocks without a live job */
  async #read(
    after: string | null,
  ): Promise<{ ids: string[]; lastId: string | null; isLast: boolean; tookMs: number }> {
    const { database, queue, blocks } = this.#options;
    return await retryForLeader(this.#options, this.#stopping.signal, async () => {
      const started = performance.now();
      const page = await blocks.slice({ after, limit: PAGE }, ['pending']);
      const open = await queue.withoutLiveJob(page.map(({ id }) => id));
      const ids = await blocks.pending(database, open); // a worker may have finished some since
      const tookMs = performance.now() - started;
      return { ids, lastId: page.at(-1)?.id ?? null, isLast: page.length < PAGE, tookMs };
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
