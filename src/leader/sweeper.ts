import type { PgBoss } from 'pg-boss';
import { clearSkippedVectors } from '../blocks/sql/clear-skipped.js';
import { WAITING } from '../blocks/status.js';
import type { BlocksTable } from '../blocks/table.js';
import type { Database } from '../postgres/database.js';
import { retryTransient } from '../postgres/retry.js';
import { reactionTo } from '../postgres/sqlstate.js';
import type { Hold } from '../postgres/hold.js';
import type { Events } from '../telemetry/events.js';
import type { Logger } from '../telemetry/logger.js';
import { sleep } from '../base/sleep.js';
import { enqueueBacklog } from '../queue/enqueue.js';
import { JobStatistics } from '../queue/job-statistics.js';
import { DEAD_LETTER_QUEUE, PRIORITY } from '../queue/job.js';
import { reserveCapacity, freeCapacity } from '../queue/capacity.js';
import { countUnqueued } from '../backlog/sql/count-unqueued.js';
import { findObsoleteDeadLetters } from '../backlog/sql/find-obsolete-dead-letters.js';
import { findUnqueued } from '../backlog/sql/find-unqueued.js';
import { resetOrphans } from '../backlog/sql/reset-orphans.js';
import type { Waker } from '../queue/waker.js';

/** Of who hears nothing: then nothing else finds an edit. It takes at most a twentieth of the time all the same. */
const NOTIFICATIONS_DOWN_INTERVAL_MS = 5_000;
const DEAF_SHARE = 1 / 20;
/** While more is known to wait, the queue is looked at so often, and filled up when it is half empty. */
const REFILL_CHECK_MS = 250;
/** Sweeps that were asked for follow each other no faster. */
const LEAST_PAUSE_MS = 250;
const PAGE = 1_000;
/** How long a step is tried again when the database fails. */
const STEP_RETRY_MS = 10_000;

export interface SweeperOptions {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly schema: string;
  readonly table: BlocksTable;
  /** Ready and active jobs up to which the queue is filled. */
  readonly queueLimit: number;
  /** Between two sweeps. */
  readonly intervalMs: number;
  readonly waker: Waker;
  readonly hold: Hold;
  /** Whether notifications do not arrive. */
  readonly notificationsDown: () => boolean;
  readonly events: Events;
  readonly log: Logger;
}

/**
 * Finds by looking what was not found by listening, and mends what dead workers left. It runs while this replica
 * leads: at once, at its interval, every few seconds where nothing is heard, when asked, and whenever the queue is half
 * empty while more is known to wait.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #statistics: JobStatistics;
  #running: Promise<void> = Promise.resolve();
  #stopping: AbortController | undefined;
  #asked = Promise.withResolvers<undefined>();
  /** Where the queue is full: the last id that was enqueued, null where it has yet to begin. Undefined once all were seen. */
  #stoppedAt: string | null | undefined;
  /** Whether all that was pending has been seen since it leads. */
  #seenAll = false;
  /** Pending blocks that the last sweep had to leave. */
  #left = 0;

  constructor(options: SweeperOptions) {
    this.#options = options;
    this.#statistics = new JobStatistics(options.database, options.schema, options.log);
  }

  start(): void {
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.#stoppedAt = undefined;
    this.#seenAll = false;
    this.#left = 0;
    this.#running = this.#running.then(() => this.#run(stopping.signal));
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    await this.#running;
  }

  /** Whether blocks may be pending that the queue had no room for, or that no sweep has seen yet. */
  get hasBacklog(): boolean {
    return !this.#seenAll || this.#stoppedAt !== undefined;
  }

  /** Asks for a sweep soon. */
  readonly request = (): void => {
    this.#asked.resolve(undefined);
  };

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#asked = Promise.withResolvers();
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
      await sleep(LEAST_PAUSE_MS, signal);
      await this.#untilNext(this.#pauseMs(tookMs) - LEAST_PAUSE_MS, signal);
    }
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { database, boss, schema, table, events, log } = this.#options;
    const started = performance.now();
    const reset = await this.#step('reset orphans', signal, () =>
      untilShort((limit) => resetOrphans(database, schema, table, limit), signal),
    );
    const cleared = await this.#step('clear skipped', signal, () =>
      untilShort((limit) => clearSkippedVectors(database, table, 'all', limit), signal),
    );
    await this.#step('purge dead letters', signal, async () => {
      const obsolete = await findObsoleteDeadLetters(database, schema, table, PAGE);
      if (obsolete.length > 0) await boss.deleteJob(DEAD_LETTER_QUEUE, obsolete);
      return obsolete.length;
    });
    const enqueued = await this.#step('enqueue', signal, () => this.#fill(signal));
    // Reads the whole table, hence only where the queue could not take all there is.
    this.#left = this.#stoppedAt === undefined ? 0 : await countUnqueued(database, schema, table);
    const seconds = (performance.now() - started) / 1000;
    events.emit('swept', { enqueued, reset, cleared, left: this.#left, seconds });
    if (enqueued + reset + cleared > 0)
      log.info('sweep finished', { enqueued, reset, cleared, left: this.#left, seconds });
  }

  /** Runs one step. Its failure is no other step's: what cannot be reset must not keep blocks from being enqueued. */
  async #step(step: string, signal: AbortSignal, work: () => Promise<number>): Promise<number> {
    try {
      return await retryTransient(work, { signal, maxWaitMs: STEP_RETRY_MS, isWorthIt: isNobodysFault });
    } catch (error) {
      if (signal.aborted) return 0;
      if (await this.#options.hold.explainsForAll(error)) throw error; // no other step would fare better
      this.#options.log.warn('a step of the sweep failed; the next sweep repeats it', { step, error });
      return 0;
    }
  }

  /** Enqueues page by page, from where the last fill had to stop, up to the queue's limit. */
  async #fill(signal: AbortSignal): Promise<number> {
    const { waker } = this.#options;
    let enqueued = 0;
    let after = this.#stoppedAt ?? null;
    let wrapped = after === null;
    while (!signal.aborted) {
      const page = await this.#fillPage(after);
      if (page === null) {
        this.#stoppedAt = after;
        break;
      }
      if (page.inserted > 0) waker.wakeEverywhere(page.inserted, PRIORITY.backlog);
      enqueued += page.inserted;
      await this.#statistics.inserted(page.inserted);
      after = page.lastId;
      if (after === null && wrapped) {
        this.#stoppedAt = undefined;
        this.#seenAll = true;
        break;
      }
      if (after === null)
        wrapped = true; // once more from the start: blocks before may have become pending since
      else this.#stoppedAt = after; // another try goes on from here
    }
    return enqueued;
  }

  /**
   * Counts and inserts under one lock, or a backfill that counts at the same time would find the same room.
   *
   * @param after the last id of the page before, null for the first
   * @returns null where the queue is full; no last id where there are no more
   */
  async #fillPage(after: string | null): Promise<{ inserted: number; lastId: string | null } | null> {
    const { database, boss, schema, table, queueLimit } = this.#options;
    return await database.transaction(async (tx) => {
      const limit = Math.min(PAGE, await reserveCapacity(tx, schema, queueLimit));
      if (limit === 0) return null;
      const ids = await findUnqueued(tx, schema, table, { statuses: WAITING, after, limit });
      const inserted = await enqueueBacklog(boss, tx, ids, new Date());
      return { inserted, lastId: ids.length === limit ? (ids.at(-1) ?? null) : null };
    });
  }

  #pauseMs(tookMs: number): number {
    const { intervalMs, notificationsDown } = this.#options;
    return notificationsDown()
      ? Math.min(intervalMs, Math.max(NOTIFICATIONS_DOWN_INTERVAL_MS, tookMs / DEAF_SHARE))
      : intervalMs;
  }

  async #untilNext(pauseMs: number, signal: AbortSignal): Promise<void> {
    const { database, schema, queueLimit, hold, events, log } = this.#options;
    const end = performance.now() + pauseMs;
    while (!signal.aborted && performance.now() < end) {
      if (this.#stoppedAt === undefined) {
        const asked = new AbortController();
        void this.#asked.promise.then(() => {
          asked.abort();
        });
        await sleep(end - performance.now(), AbortSignal.any([signal, asked.signal]));
        return;
      }
      await sleep(REFILL_CHECK_MS, signal);
      try {
        if ((await freeCapacity(database, schema, queueLimit)) < queueLimit / 2) continue;
        const started = performance.now();
        const enqueued = await this.#fill(signal);
        this.#left = this.#stoppedAt === undefined ? 0 : Math.max(0, this.#left - enqueued);
        const seconds = (performance.now() - started) / 1000;
        events.emit('swept', { enqueued, reset: 0, cleared: 0, left: this.#left, seconds });
      } catch (error) {
        if (!(await hold.explainsForAll(error)))
          log.warn('could not fill the queue; the next sweep continues', { error });
        return;
      }
    }
  }
}

const isNobodysFault = (error: Error) => reactionTo(error) === 'retry';

/** Repeats a statement that takes at most so many rows until it takes fewer. @returns how many it took in all */
async function untilShort(statement: (limit: number) => Promise<number>, signal: AbortSignal): Promise<number> {
  let total = 0;
  while (!signal.aborted) {
    const taken = await statement(PAGE);
    total += taken;
    if (taken < PAGE) break;
  }
  return total;
}
