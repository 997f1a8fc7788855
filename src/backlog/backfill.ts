import type { BlockScope } from '../blocks/scope.js';
import { WAITING, type BlockStatus, type FoundStatus } from '../blocks/status.js';
import { retryTransient } from '../postgres/retry.js';
import { LogLimit } from '../telemetry/log-limit.js';
import type { Logger } from '../telemetry/logger.js';
import { enqueuePage, isWaiting, minUsefulCapacity, type EnqueueContext } from './enqueue-page.js';
import { PRIORITY } from '../queue/job.js';
import { findCandidates, type Candidates } from './candidates.js';
import { findInScope, type FoundBlock } from './sql/find-in-scope.js';
import { sleep } from '../base/sleep.js';
import { RateLimit } from './rate-limit.js';
import type { Waker } from '../queue/waker.js';

/** How often the queue is checked while it is full, and locked blocks when nothing else is left. */
const CAPACITY_POLL_MS = 250;
const POSTPONED_POLL_MS = 500;
/** Postponed blocks kept in memory; beyond this they are processed first. */
const MAX_POSTPONED = 5_000;
const LOG_INTERVAL_MS = 30_000;

/** Statuses of settled blocks that can be requeued, to be embedded again. */
export type RequeueableStatus = Extract<BlockStatus, 'completed' | 'error' | 'skipped'>;

export interface BackfillOptions extends EnqueueContext {
  readonly scope: BlockScope;
  /** Settled blocks to requeue, in addition to the pending ones. */
  readonly requeued: readonly RequeueableStatus[];
  /** Blocks per second, 0 for no limit. */
  readonly ratePerSecond: number;
  /** Blocks per transaction. */
  readonly batchSize: number;
  /** Starts after this id; null: from the beginning. */
  readonly after: string | null;
  /** How long the database may be unavailable before the run fails. */
  readonly maxOutageMs: number;
  readonly waker: Pick<Waker, 'wakeEverywhere'>;
  /** Called with the ids of blocks that now wait for a worker, including those that already did. */
  readonly onWaiting: (ids: readonly string[]) => void;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Progress of a run. */
export interface BackfillCounts {
  /** Blocks that need embedding. */
  found: number;
  /** Of these, those that this run enqueued. */
  enqueued: number;
  /** Of these, those that already had a live job. */
  alreadyQueued: number;
  /** Of the enqueued, those that were requeued, by their former status. */
  readonly requeued: Record<RequeueableStatus, number>;
  /** All blocks up to this id are done; null if that is known of none. A later run may start after it. */
  lastId: string | null;
}

/**
 * Enqueues blocks that need embedding, with a lower priority than edits, within the rate and the queue's limit:
 *
 *     candidates ─▶ page, read by its ids ─▶ capacity? ─▶ one transaction: jobs, `pending` for requeued blocks ─▶ rate limit
 *
 * Blocks to requeue are found in order of their ids, and the last one is fixed at the start, so that none is requeued twice.
 * Candidates are out of date after waiting, so each page of them is read again before it is enqueued. Nothing is stored
 * between runs: a block waits with a job, or is found again.
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
  /** Blocks to try again: another transaction locked them, or changed them while they were being requeued. */
  readonly #postponed = new Set<string>();
  readonly #lockedLog = new LogLimit(LOG_INTERVAL_MS);

  constructor(options: BackfillOptions) {
    this.#options = options;
    this.#rateLimit = new RateLimit(options.ratePerSecond);
    // A block that is `processing` without a job was left by a worker that crashed; a claim accepts that status.
    this.#statuses = [...WAITING, ...options.requeued];
  }

  /** A transaction takes no more blocks than the rate allows in a second. */
  get #pageSize(): number {
    return Math.min(this.#options.batchSize, this.#rateLimit.maxBatch);
  }

  /** Resolves when all blocks are enqueued; when aborted, after the current transaction. */
  async run(): Promise<void> {
    const { database, blocks, scope, requeued, after, signal } = this.#options;
    this.counts.lastId = after;
    const upTo = await this.#withRetry(() => blocks.lastId());
    if (upTo === null) return;
    const candidates = findCandidates({
      ...{ database, table: blocks.table, scope, statuses: this.#statuses, after, upTo },
      inOrder: requeued.length > 0,
      attempt: (work) => this.#withRetry(work),
    });
    for await (const found of candidates) {
      await this.#enqueueAll(found);
      if (signal.aborted) return;
      if (this.#postponed.size > MAX_POSTPONED) await this.#revisitPostponed();
    }
    await this.#revisitPostponed();
    if (!signal.aborted) this.counts.lastId = upTo;
  }

  async #enqueueAll({ ids, upTo }: Candidates): Promise<void> {
    const { signal } = this.#options;
    for (let done = 0; done < ids.length && !signal.aborted;) {
      const part = ids.slice(done, done + this.#pageSize);
      const page = await this.#read(part);
      const next = page[await this.#enqueuePage(page)];
      done += next === undefined ? part.length : part.indexOf(next.id);
      if (upTo !== null && this.#postponed.size === 0) this.counts.lastId = ids[done - 1] ?? this.counts.lastId;
    }
    if (upTo !== null && this.#postponed.size === 0 && !signal.aborted) this.counts.lastId = upTo;
  }

  /**
   * Enqueues the first blocks of a page.
   *
   * @returns how many are done; the rest of the page must be read again
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

  /** Counts blocks that are done. @returns how many */
  #count(done: readonly FoundBlock[], enqueued: readonly FoundBlock[], postponed: readonly FoundBlock[]): number {
    const { counts } = this;
    for (const { id } of postponed) this.#postponed.add(id);
    counts.found += done.length - postponed.length;
    counts.enqueued += enqueued.length;
    counts.alreadyQueued = counts.found - counts.enqueued;
    for (const { status } of enqueued) if (!isWaiting(status)) counts.requeued[status as RequeueableStatus] += 1;
    this.#options.onWaiting(done.flatMap(({ id }) => (this.#postponed.has(id) ? [] : [id])));
    return done.length;
  }

  async #waitForCapacity(blocks: number): Promise<void> {
    const { queue, queueLimit, signal } = this.#options;
    const wanted = minUsefulCapacity(blocks, queueLimit);
    do await sleep(CAPACITY_POLL_MS, signal);
    while (!signal.aborted && (await this.#withRetry(() => queue.freeCapacity(queueLimit))) < wanted);
  }

  /** Tries postponed blocks again, until none is left. */
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
    const page = await this.#read(ids);
    for (const id of ids) this.#postponed.delete(id); // a block missing from the page is gone, or needs nothing now
    const taken = await this.#enqueuePage(page);
    for (const { id } of page.slice(taken)) this.#postponed.add(id);
  }

  /** Those of the blocks that need embedding now. */
  async #read(ids: readonly string[]): Promise<FoundBlock[]> {
    const { database, queue, blocks, scope } = this.#options;
    const wanted = { scope, statuses: this.#statuses };
    return await this.#withRetry(() => findInScope(database, queue.names, blocks.table, wanted, ids));
  }

  /** A transaction that has started is always finished, so that its blocks are counted. */
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
