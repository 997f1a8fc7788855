import { ALL_PAGES, type PageRange } from '../blocks/page-range.js';
import { PRIORITY } from '../queue/job.js';
import { newJob } from '../queue/new-job.js';
import type { LeaderParts } from './leader-parts.js';
import type { Pace } from './pace.js';

/** Blocks whose jobs are looked up, or that are enqueued, at once. */
export const BATCH = 1_000;

export interface FillOptions extends LeaderParts {
  /** Ready and active jobs up to which the queue is filled. */
  readonly queueLimit: number;
  readonly pace: Pace;
}

/** Where blocks were found: pages of the table; null if an index led to them. */
type Place = PageRange | null;

/** What became of pending blocks, in blocks. */
export interface Filled {
  readonly enqueued: number;
  /** Those that the queue had no capacity for. */
  readonly left: number;
}

const NONE: Filled = { enqueued: 0, left: 0 };

export interface Resumed {
  readonly enqueued: number;
  /** What was read without effect, which the caller pauses for. */
  readonly read: { readonly pages: number; readonly tookMs: number };
}

const NOTHING = { pages: 0, tookMs: 0 };

/**
 * Fills the queue with pending blocks up to its limit, counts those that it had to leave, and remembers where the first and
 * the last of them are:
 *
 *     a pass hands it the pending blocks that it finds ─▶ the queue is full: counts ─▶ resume() once there is capacity
 */
export class Fill {
  readonly #options: FillOptions;
  /** Where blocks were left; undefined while the queue has taken all. */
  #leftIn: Place | undefined;
  /** Blocks left by the last complete pass, and by the one in progress. */
  #left = 0;
  #leftByPass = 0;
  #sawAll = false;

  constructor(options: FillOptions) {
    this.#options = options;
  }

  /** Forgets what an earlier term as leader left. */
  reset(): void {
    this.#leftIn = undefined;
    this.#left = 0;
    this.#leftByPass = 0;
    this.#sawAll = false;
  }

  /** Whether the queue was full before all pending blocks were enqueued. */
  get isStopped(): boolean {
    return this.#leftIn !== undefined;
  }

  /** Whether blocks may be pending that the queue had no capacity for, or that no sweep has seen yet. */
  get hasBacklog(): boolean {
    return !this.#sawAll || this.isStopped;
  }

  /** How many blocks wait without a job, as far as it has seen. */
  get left(): number {
    return Math.max(this.#left, this.#leftByPass);
  }

  /** A pass begins: it will pass all pending blocks to `take`. */
  beginPass(): void {
    this.#leftByPass = 0;
  }

  /** The pass begins again, because the rows have moved. */
  restartPass(): void {
    this.#leftByPass = 0;
    if (this.isStopped) this.#leftIn = ALL_PAGES;
  }

  /** All pending blocks of the table have been passed to `take`. */
  finishPass(): void {
    this.#left = this.#leftByPass;
    this.#sawAll = true;
  }

  /**
   * Enqueues pending blocks, as many as the queue has capacity for. While it waits for capacity to resume, it only counts.
   *
   * @param ids up to BATCH; those that are not pending are left out
   */
  async take(ids: readonly string[], place: Place): Promise<Filled> {
    const open = await this.#options.queue.withoutLiveJob(ids);
    if (open.length === 0) return NONE;
    const filled = this.isStopped ? { enqueued: 0, left: open.length } : await this.#enqueue(open);
    if (filled.left > 0) {
      this.#leftByPass += filled.left;
      this.#leftIn = this.#leftIn === undefined ? place : hull(this.#leftIn, place);
    }
    return filled;
  }

  /**
   * Enqueues blocks that were left, from the first place on, until the queue is full again, all are enqueued, or a slice of
   * the table has none: then the next call continues behind it.
   */
  async resume(signal: AbortSignal): Promise<Resumed> {
    const { blocks, pace } = this.#options;
    const within = this.#leftIn;
    if (within === undefined) return { enqueued: 0, read: NOTHING };
    let enqueued = 0;
    const throughIndex = within === null;
    const options = { throughIndex, within: within ?? ALL_PAGES, slicePages: pace.slicePages };
    for await (const part of blocks.find(['pending', 'unset'], options)) {
      const ids = part.rows.map(({ id }) => id);
      const filled = await this.#enqueueAll(ids);
      enqueued += filled.enqueued;
      const isFull = filled.left > 0;
      if (!isFull && (part.range === null || filled.enqueued > 0) && !signal.aborted) continue;
      if (!isFull && part.share === 1) break; // the table may have fewer pages than when blocks were left
      if (part.range !== null) {
        this.#leftIn = { from: isFull ? part.range.from : part.range.to, to: within?.to ?? ALL_PAGES.to };
      }
      return { enqueued, read: isFull ? NOTHING : part };
    }
    this.#leftIn = undefined;
    this.#left = 0;
    this.#leftByPass = 0;
    return { enqueued, read: NOTHING };
  }

  /** Enqueues blocks that were left before, up to the first that the queue has no capacity for. */
  async #enqueueAll(ids: readonly string[]): Promise<Filled> {
    let enqueued = 0;
    for (let i = 0; i < ids.length; i += BATCH) {
      const open = await this.#options.queue.withoutLiveJob(ids.slice(i, i + BATCH));
      const filled = open.length === 0 ? NONE : await this.#enqueue(open);
      enqueued += filled.enqueued;
      this.#left = Math.max(0, this.#left - filled.enqueued);
      this.#leftByPass = Math.max(0, this.#leftByPass - filled.enqueued);
      if (filled.left > 0) return { enqueued, left: filled.left };
    }
    return { enqueued, left: 0 };
  }

  /**
   * Counts and inserts under one lock: a backfill that counts at the same time would find the same capacity. Blocks that
   * a worker has finished since they were read are left out.
   */
  async #enqueue(open: readonly string[]): Promise<Filled> {
    const { database, queue, blocks, waker, queueLimit } = this.#options;
    const filled = await database.transaction(async (tx) => {
      const capacity = await queue.reserveCapacity(tx, queueLimit);
      const pending = new Set(await blocks.pending(tx, open));
      const ids = open.filter((id) => pending.has(id));
      const now = new Date();
      const jobs = ids.slice(0, capacity).map((id) => newJob(id, PRIORITY.backlog, now));
      return { enqueued: (await queue.insert(tx, jobs)).size, left: Math.max(0, ids.length - capacity) };
    });
    if (filled.enqueued > 0) waker.wakeEverywhere(filled.enqueued, PRIORITY.backlog);
    await queue.analyzeAfter(filled.enqueued);
    return filled;
  }
}

/** The smallest place that contains both. Where an index led to the one and pages to the other, it is all pages: the index may be gone. */
function hull(a: Place, b: Place): Place {
  if (a !== null && b !== null) return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
  return a === b ? null : ALL_PAGES;
}
