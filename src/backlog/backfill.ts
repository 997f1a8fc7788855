import type { BlockScope } from '../blocks/scope.js';
import { WAITING, type BlockStatus, type FoundStatus } from '../blocks/status.js';
import { retryTransient } from '../postgres/retry.js';
import { LogLimit } from '../telemetry/log-limit.js';
import type { Logger } from '../telemetry/logger.js';
import { enqueuePage, isWaiting, minUsefulCapacity, type EnqueueContext } from './enqueue-page.js';
import { PRIORITY } from '../queue/job.js';
import { findInScope, type FindInScope, type FoundBlock } from './sql/find-in-scope.js';
import { sleep } from '../base/sleep.js';
import { RateLimit } from './rate-limit.js';
import type { Waker } from '../queue/waker.js';

/** How often the queue is looked at while it is full, and locked blocks while nothing else is left to do. */
const CAPACITY_POLL_MS = 250;
const POSTPONED_POLL_MS = 500;
/** Blocks to come back to that are kept in mind; with more of them they come first. */
const MAX_POSTPONED = 5_000;
const LOG_INTERVAL_MS = 30_000;

/** What is put back: settled blocks that are to be embedded again. */
export type RequeueableStatus = Extract<BlockStatus, 'completed' | 'error' | 'skipped'>;

export interface BackfillOptions extends EnqueueContext {
  readonly scope: BlockScope;
  /** Settled blocks to put back, beside what is pending. */
  readonly requeued: readonly RequeueableStatus[];
  /** Blocks a second, 0 for no limit. */
  readonly ratePerSecond: number;
  /** Blocks a transaction. */
  readonly batchSize: number;
  /** Begins behind this id; null: from the start. */
  readonly after: string | null;
  /** How long the database may be away before the run fails. */
  readonly maxOutageMs: number;
  /** Tells the workers of what there is to do. */
  readonly waker: Pick<Waker, 'wakeEverywhere'>;
  /** Told the ids of blocks that wait for a worker now, those that did already among them. */
  readonly onWaiting: (ids: readonly string[]) => void;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** How far a run has come. */
export interface BackfillCounts {
  /** Blocks that had something to do. */
  found: number;
  /** Of these, those that this run enqueued. */
  enqueued: number;
  /** And those that had a live job already. */
  alreadyQueued: number;
  /** Of the enqueued, those that were put back, by what they were. */
  readonly requeued: Record<RequeueableStatus, number>;
  /** Every block up to this id has been seen to; null where none has. A later run may begin behind it. */
  lastId: string | null;
}

/**
 * Streams the blocks that have something to do, in order of their ids, and enqueues them behind all live edits, no
 * faster than asked and no more than the queue may hold:
 *
 *     page of ids ─▶ room in the queue? ─▶ one transaction: jobs, and `pending` for what is put back ─▶ pace ─▶ next page
 *
 * Each id is passed once and the last is fixed at the start, so that neither what the workers finish meanwhile nor what
 * is written meanwhile is met again. What is known of a page is old after waiting, so it is then read anew. Nothing is
 * remembered between runs: a block waits with a job, or is found again.
 */
export class Backfill {
  readonly counts: BackfillCounts = {
    found: 0,
    enqueued: 0,
    alreadyQueued: 0,
    requeued: { completed: 0, error: 0, skipped: 0 },
    lastId: null,
  };
  readonly #options: BackfillOptions;
  readonly #rateLimit: RateLimit;
  readonly #statuses: readonly FoundStatus[];
  /** Blocks to come back to: somebody has locked them, or changed them while they were being put back. */
  readonly #postponed = new Set<string>();
  readonly #lockedLog = new LogLimit(LOG_INTERVAL_MS);

  constructor(options: BackfillOptions) {
    this.#options = options;
    this.#rateLimit = new RateLimit(options.ratePerSecond);
    // What is `processing` without a job was left by a worker that died: its job finds it so.
    this.#statuses = [...WAITING, ...options.requeued];
  }

  /** A second never sees more than its share, hence no more in one transaction. */
  get #pageSize(): number {
    return Math.min(this.#options.batchSize, this.#rateLimit.maxBatch);
  }

  /** Resolves when all is enqueued, or early when aborted, between two transactions. */
  async run(): Promise<void> {
    const { blocks, after, signal } = this.#options;
    const upTo = await this.#withRetry(() => blocks.lastId());
    this.counts.lastId = after;
    let last = after;
    while (upTo !== null && !signal.aborted) {
      const page = await this.#read({ after: last, upTo, ids: null });
      if (page.length === 0) break;
      last = page[(await this.#enqueuePage(page)) - 1]?.id ?? last;
      if (this.#postponed.size > MAX_POSTPONED) await this.#revisitPostponed();
      if (this.#postponed.size === 0) this.counts.lastId = last;
    }
    await this.#revisitPostponed();
    if (!signal.aborted) this.counts.lastId = upTo;
  }

  /**
   * Sees to the first blocks of a page.
   *
   * @returns to how many; the page has to be read anew behind them
   */
  async #enqueuePage(page: readonly FoundBlock[]): Promise<number> {
    const { signal } = this.#options;
    const open = page.filter((block) => !isQueued(block));
    if (open.length === 0) return this.#count(page, [], []);
    await this.#rateLimit.wait(signal);
    if (signal.aborted) return 0;
    const { taken, enqueued, postponed } = await this.#withRetry(() => enqueuePage(this.#options, open, new Date()));
    if (taken === 0) await this.#waitForCapacity(open.length);
    this.#rateLimit.spend(enqueued.length);
    if (enqueued.length > 0) this.#options.waker.wakeEverywhere(enqueued.length, PRIORITY.backlog);
    await this.#options.queue.analyzeAfter(enqueued.length);
    const next = open[taken];
    return this.#count(next === undefined ? page : page.slice(0, page.indexOf(next)), enqueued, postponed);
  }

  /** Counts blocks that were seen to. @returns how many */
  #count(seen: readonly FoundBlock[], enqueued: readonly FoundBlock[], postponed: readonly FoundBlock[]): number {
    const { counts } = this;
    for (const { id } of postponed) this.#postponed.add(id);
    counts.found += seen.length - postponed.length;
    counts.enqueued += enqueued.length;
    counts.alreadyQueued = counts.found - counts.enqueued;
    for (const { status } of enqueued) if (!isWaiting(status)) counts.requeued[status as RequeueableStatus] += 1;
    this.#options.onWaiting(seen.flatMap(({ id }) => (this.#postponed.has(id) ? [] : [id])));
    return seen.length;
  }

  async #waitForCapacity(blocks: number): Promise<void> {
    const { queue, queueLimit, signal } = this.#options;
    const wanted = minUsefulCapacity(blocks, queueLimit);
    do await sleep(CAPACITY_POLL_MS, signal);
    while (!signal.aborted && (await this.#withRetry(() => queue.freeCapacity(queueLimit))) < wanted);
  }

  /** Sees to the blocks that were passed over, until none is left. */
  async #revisitPostponed(): Promise<void> {
    const { signal } = this.#options;
    const size = this.#pageSize;
    while (this.#postponed.size > 0 && !signal.aborted) {
      const before = this.#postponed.size;
      const ids = [...this.#postponed];
      for (let i = 0; i < ids.length && !signal.aborted; i += size) await this.#revisitPage(ids.slice(i, i + size));
      if (this.#postponed.size < before) continue;
      this.#warnOfLocked(this.#postponed.size);
      await sleep(POSTPONED_POLL_MS, signal);
    }
  }

  async #revisitPage(ids: readonly string[]): Promise<void> {
    const page = await this.#read({ after: null, upTo: null, ids });
    for (const id of ids) this.#postponed.delete(id); // what is not on the page is gone, or has nothing to do any more
    const taken = await this.#enqueuePage(page);
    for (const { id } of page.slice(taken)) this.#postponed.add(id);
  }

  async #read(part: Pick<FindInScope, 'after' | 'upTo' | 'ids'>): Promise<FoundBlock[]> {
    const { database, queue, blocks, scope } = this.#options;
    const page = { scope, statuses: this.#statuses, limit: this.#pageSize, ...part };
    return await this.#withRetry(() => findInScope(database, queue.names, blocks.table, page));
  }

  /** A transaction that has begun is never given up half-way: what it did is counted. */
  async #withRetry<T>(work: () => Promise<T>): Promise<T> {
    const { signal, maxOutageMs, log } = this.#options;
    return await retryTransient(
      () => {
        signal.throwIfAborted();
        return work();
      },
      {
        signal: NEVER,
        maxWaitMs: maxOutageMs,
        onRetry: (error) => {
          log.warn('database error; retrying', { error });
        },
      },
    );
  }

  #warnOfLocked(blocks: number): void {
    this.#lockedLog.run(() => {
      this.#options.log.warn('waiting for blocks that other transactions have locked', { blocks });
    });
  }
}

const NEVER = new AbortController().signal;

function isQueued({ status, queued }: FoundBlock): boolean {
  return queued && isWaiting(status);
}
