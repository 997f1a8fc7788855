import { findLastId } from '../blocks/sql/find-last-id.js';
import type { BlockScope } from '../blocks/scope.js';
import { WAITING, type BlockStatus, type FoundStatus } from '../blocks/status.js';
import { retryTransient } from '../postgres/retry.js';
import { LogLimit } from '../telemetry/log-limit.js';
import type { Logger } from '../telemetry/logger.js';
import { enqueuePage, isWaiting, minUsefulCapacity, type EnqueueContext } from './enqueue-page.js';
import { JobStatistics } from '../queue/job-statistics.js';
import { PRIORITY } from '../queue/job.js';
import { freeCapacity } from '../queue/capacity.js';
import { findInScope, type FindInScope, type FoundBlock } from './sql/find-in-scope.js';
import { sleep } from '../base/sleep.js';
import { RateLimit } from './rate-limit.js';
import type { Waker } from '../queue/waker.js';

/** How often the queue is looked at while it is full, and locked blocks while nothing else is left to do. */
const ROOM_POLL_MS = 250;
const ELUSIVE_POLL_MS = 500;
/** Blocks to come back to that are kept in mind; with more of them they come first. */
const MAX_POSTPONED = 5_000;
const COMPLAIN_EVERY_MS = 30_000;

/** What is put back: settled blocks that are to be embedded again. */
export type PutBackStatus = Extract<BlockStatus, 'completed' | 'error' | 'skipped'>;

export interface BackfillOptions extends EnqueueContext {
  readonly scope: BlockScope;
  /** Settled blocks to put back, beside what is pending. */
  readonly requeued: readonly PutBackStatus[];
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
  readonly requeued: Record<PutBackStatus, number>;
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
  readonly #throttle: RateLimit;
  readonly #statistics: JobStatistics;
  readonly #statuses: readonly FoundStatus[];
  /** Blocks to come back to: somebody has locked them, or changed them while they were being put back. */
  readonly #postponed = new Set<string>();
  readonly #complaint = new LogLimit(COMPLAIN_EVERY_MS);

  constructor(options: BackfillOptions) {
    this.#options = options;
    this.#throttle = new RateLimit(options.ratePerSecond);
    this.#statistics = new JobStatistics(options.database, options.schema, options.log);
    // What is `processing` without a job was left by a worker that died: its job finds it so.
    this.#statuses = [...WAITING, ...options.requeued];
  }

  /** A second never sees more than its share, hence no more in one transaction. */
  get #pageSize(): number {
    return Math.min(this.#options.batchSize, this.#throttle.most);
  }

  /** Resolves when all is enqueued, or early when aborted, between two transactions. */
  async run(): Promise<void> {
    const { database, table, after, signal } = this.#options;
    const upTo = await this.#persist(() => findLastId(database, table));
    this.counts.lastId = after;
    let last = after;
    while (upTo !== null && !signal.aborted) {
      const page = await this.#read({ after: last, upTo, ids: null });
      if (page.length === 0) break;
      last = page[(await this.#take(page)) - 1]?.id ?? last;
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
  async #take(page: readonly FoundBlock[]): Promise<number> {
    const { signal } = this.#options;
    const open = page.filter((block) => !isQueued(block));
    if (open.length === 0) return this.#tell(page, [], []);
    await this.#throttle.ready(signal);
    if (signal.aborted) return 0;
    const { taken, enqueued, postponed } = await this.#persist(() => enqueuePage(this.#options, open, new Date()));
    if (taken === 0) await this.#waitForRoom(open.length);
    this.#throttle.took(enqueued.length);
    if (enqueued.length > 0) this.#options.waker.wakeEverywhere(enqueued.length, PRIORITY.backlog);
    await this.#statistics.inserted(enqueued.length);
    const next = open[taken];
    return this.#tell(next === undefined ? page : page.slice(0, page.indexOf(next)), enqueued, postponed);
  }

  /** Counts blocks that were seen to. @returns how many */
  #tell(seen: readonly FoundBlock[], enqueued: readonly FoundBlock[], postponed: readonly FoundBlock[]): number {
    const { counts } = this;
    for (const { id } of postponed) this.#postponed.add(id);
    counts.found += seen.length - postponed.length;
    counts.enqueued += enqueued.length;
    counts.alreadyQueued = counts.found - counts.enqueued;
    for (const { status } of enqueued) if (!isWaiting(status)) counts.requeued[status as PutBackStatus] += 1;
    this.#options.onWaiting(seen.flatMap(({ id }) => (this.#postponed.has(id) ? [] : [id])));
    return seen.length;
  }

  async #waitForRoom(blocks: number): Promise<void> {
    const { database, schema, queueLimit, signal } = this.#options;
    const wanted = minUsefulCapacity(blocks, queueLimit);
    do await sleep(ROOM_POLL_MS, signal);
    while (!signal.aborted && (await this.#persist(() => freeCapacity(database, schema, queueLimit))) < wanted);
  }

  /** Sees to the blocks that were passed over, until none is left. */
  async #revisitPostponed(): Promise<void> {
    const { signal } = this.#options;
    const size = this.#pageSize;
    while (this.#postponed.size > 0 && !signal.aborted) {
      const before = this.#postponed.size;
      const ids = [...this.#postponed];
      for (let i = 0; i < ids.length && !signal.aborted; i += size) await this.#again(ids.slice(i, i + size));
      if (this.#postponed.size < before) continue;
      this.#complain(this.#postponed.size);
      await sleep(ELUSIVE_POLL_MS, signal);
    }
  }

  async #again(ids: readonly string[]): Promise<void> {
    const page = await this.#read({ after: null, upTo: null, ids });
    for (const id of ids) this.#postponed.delete(id); // what is not on the page is gone, or has nothing to do any more
    const taken = await this.#take(page);
    for (const { id } of page.slice(taken)) this.#postponed.add(id);
  }

  async #read(part: Pick<FindInScope, 'after' | 'upTo' | 'ids'>): Promise<FoundBlock[]> {
    const { database, schema, table, scope } = this.#options;
    const page = { scope, statuses: this.#statuses, limit: this.#pageSize, ...part };
    return await this.#persist(() => findInScope(database, schema, table, page));
  }

  /** A transaction that has begun is never given up half-way: what it did is counted. */
  async #persist<T>(work: () => Promise<T>): Promise<T> {
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

  #complain(blocks: number): void {
    this.#complaint.run(() => {
      this.#options.log.warn('waiting for blocks that other transactions have locked', { blocks });
    });
  }
}

const NEVER = new AbortController().signal;

function isQueued({ status, queued }: FoundBlock): boolean {
  return queued && isWaiting(status);
}
