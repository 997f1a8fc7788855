import type { LeaderParts } from './leader-parts.js';
import { PRIORITY } from '../queue/job.js';
import { newJob } from '../queue/new-job.js';

/** Blocks read and enqueued at once. */
export const PAGE = 1_000;

export interface FillOptions extends LeaderParts {
  /** Ready and active jobs up to which the queue is filled. */
  readonly queueLimit: number;
}

/**
 * Fills the queue with pending blocks in order of their ids, up to its limit, and remembers where it had to stop:
 *
 *     a sweep passes it the pending blocks of each page ─▶ the queue is full: stopped ─▶ resume() once there is capacity
 */
export class Fill {
  readonly #options: FillOptions;
  /** The last id that was enqueued when the queue was full, null for none; undefined while the queue has taken all. */
  #stoppedAt: string | null | undefined;
  #sawAll = false;

  constructor(options: FillOptions) {
    this.#options = options;
  }

  /** Forgets what an earlier term as leader left. */
  reset(): void {
    this.#stoppedAt = undefined;
    this.#sawAll = false;
  }

  /** Whether the queue was full before all pending blocks were enqueued. */
  get isStopped(): boolean {
    return this.#stoppedAt !== undefined;
  }

  /** Whether blocks may be pending that the queue had no capacity for, or that no sweep has seen yet. */
  get hasBacklog(): boolean {
    return !this.#sawAll || this.isStopped;
  }

  /**
   * Enqueues pending blocks, as many as the queue has capacity for.
   *
   * @param ids in order; those that are not pending are left out
   * @param after the id before the first of them; null: they are the first
   * @returns how many were enqueued, and whether the queue is full
   */
  async enqueue(ids: readonly string[], after: string | null): Promise<{ inserted: number; isFull: boolean }> {
    const { queue, waker } = this.#options;
    const open = await queue.withoutLiveJob(ids);
    if (open.length === 0) return { inserted: 0, isFull: false };
    const { inserted, firstLeft } = await this.#insert(open);
    if (inserted > 0) waker.wakeEverywhere(inserted, PRIORITY.backlog);
    await queue.analyzeAfter(inserted);
    if (firstLeft === undefined) return { inserted, isFull: false };
    const place = ids.indexOf(firstLeft);
    this.#stoppedAt = place === 0 ? after : (ids[place - 1] ?? after);
    return { inserted, isFull: true };
  }

  /** All pending blocks of the table have been passed to `enqueue`, and the queue took them. */
  finish(): void {
    this.#stoppedAt = undefined;
    this.#sawAll = true;
  }

  /**
   * Goes on where it stopped, up to the end of the table and once more from its start: earlier blocks may have become
   * pending since.
   *
   * @returns how many blocks were enqueued
   */
  async resume(signal: AbortSignal): Promise<number> {
    const { blocks } = this.#options;
    let enqueued = 0;
    let after = this.#stoppedAt ?? null;
    let isFromStart = after === null;
    while (!signal.aborted) {
      const page = await blocks.slice({ after, limit: PAGE }, ['pending']);
      const ids = page.map(({ id }) => id);
      const { inserted, isFull } = await this.enqueue(ids, after);
      enqueued += inserted;
      if (isFull) break;
      after = ids.length === PAGE ? (ids.at(-1) ?? null) : null;
      if (after !== null) {
        this.#stoppedAt = after;
        continue;
      }
      if (isFromStart) {
        this.finish();
        break;
      }
      isFromStart = true;
    }
    return enqueued;
  }

  /**
   * Counts and inserts under one lock: a backfill that counts at the same time would find the same capacity. Blocks that
   * a worker has finished since they were read are left out.
   */
  async #insert(open: readonly string[]): Promise<{ inserted: number; firstLeft: string | undefined }> {
    const { database, queue, blocks, queueLimit } = this.#options;
    return await database.transaction(async (tx) => {
      const capacity = await queue.reserveCapacity(tx, queueLimit);
      const pending = new Set(await blocks.pending(tx, open));
      const ids = open.filter((id) => pending.has(id));
      const now = new Date();
      const jobs = ids.slice(0, capacity).map((id) => newJob(id, PRIORITY.backlog, now));
      return { inserted: (await queue.insert(tx, jobs)).size, firstLeft: ids[capacity] };
    });
  }
}
