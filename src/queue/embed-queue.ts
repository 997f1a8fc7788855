import { randomUUID } from 'node:crypto';
import type { JobInsert, PgBoss } from 'pg-boss';
import type { Database, Queryable } from '../postgres/database.js';
import type { Logger } from '../telemetry/logger.js';
import { freeCapacity, reserveCapacity } from './capacity.js';
import { DeadLetters } from './dead-letters.js';
import { JobStatistics } from './job-statistics.js';
import { PRIORITY, type EmbedJob, type EmbedJobData, type Priority } from './job.js';
import { lastAttempts } from './last-attempts.js';
import { newJob, type NewJob } from './new-job.js';
import { Pauses } from './pauses.js';
import type { QueueNames } from './queue-names.js';
import { SettledJobs } from './settled-jobs.js';
import { countWaitingEdits } from './sql/count-waiting-edits.js';
import { findRaised } from './sql/find-raised.js';
import { findReadyLive } from './sql/find-ready-live.js';
import { findWithoutLiveJob } from './sql/find-without-live-job.js';
import { lockWaiting } from './sql/lock-waiting.js';
import { nextReadyPriority } from './sql/next-ready-priority.js';
import { raiseActive } from './sql/raise-active.js';
import { setOutcome } from './sql/set-outcome.js';

/** A job may end while its block is being enqueued: then the block is tried again. After the last try, the sweep does it. */
const LIVE_INSERT_TRIES = 3;

export interface EmbedQueueOptions {
  readonly boss: PgBoss;
  readonly database: Database;
  readonly names: QueueNames;
  readonly log: Logger;
}

/**
 * The queue of embedding jobs: everything we ask of pg-boss while a worker or a command runs. Methods that take a `tx`
 * join that transaction. Jobs are inserted and locked in order of their keys: two inserts with overlapping keys in
 * opposite order deadlocked 20 times out of 20, in the same order never.
 */
export class EmbedQueue {
  readonly names: QueueNames;
  readonly deadLetters: DeadLetters;
  readonly pauses: Pauses;
  readonly settled: SettledJobs;
  readonly #boss: PgBoss;
  readonly #database: Database;
  readonly #statistics: JobStatistics;

  constructor({ boss, database, names, log }: EmbedQueueOptions) {
    this.names = names;
    this.deadLetters = new DeadLetters(boss, database, names);
    this.pauses = new Pauses(boss, database, names);
    this.settled = new SettledJobs(boss, database, names);
    this.#boss = boss;
    this.#database = database;
    this.#statistics = new JobStatistics(database, names, log);
  }

  /**
   * Inserts jobs for blocks that have no live one.
   *
   * @param jobs of different blocks
   * @returns the ids of the blocks whose job was inserted
   */
  async insert(tx: Queryable, jobs: readonly NewJob[]): Promise<Set<string>> {
    const sorted = [...jobs].sort((a, b) => (a.data.blockId < b.data.blockId ? -1 : 1));
    const blockIds = new Map<string, string>();
    const inserts = sorted.map(({ data, startAfterSeconds }): JobInsert<EmbedJobData> => {
      const id = randomUUID();
      blockIds.set(id, data.blockId);
      return {
        id,
        data,
        priority: data.priority,
        singletonKey: data.blockId,
        ...(startAfterSeconds === undefined ? {} : { startAfter: startAfterSeconds }),
      };
    });
    if (inserts.length === 0) return new Set();
    const inserted = await this.#boss.insert(this.names.queue, inserts, { db: tx, returnId: true });
    return new Set((inserted ?? []).map((id) => blockIds.get(id) ?? ''));
  }

  /**
   * Inserts jobs for blocks that were just edited, with the priority of edits. A job that waits in the backlog or for a
   * retry is replaced by a new one that starts now: the block's text has changed. An active job stays: its store finds the
   * new fingerprint and enqueues the block again. It gets the priority of edits, in case it is handed back.
   *
   * @param blockIds different ones
   */
  async insertLive(blockIds: readonly string[], now: Date): Promise<{ inserted: number; raised: number }> {
    let open = blockIds.map((blockId) => newJob(blockId, PRIORITY.live, now));
    let inserted = 0;
    let raised = 0;
    for (let attempt = 0; open.length > 0 && attempt < LIVE_INSERT_TRIES; attempt++) {
      const created = await this.insert(this.#database, open);
      inserted += created.size;
      open = without(open, created);
      if (open.length === 0) break;
      const present = open;
      open = await this.#database.transaction(async (tx) => {
        const replaced = await this.replaceWaiting(tx, present, PRIORITY.live);
        raised += replaced.size;
        const rest = without(present, replaced);
        if (rest.length === 0) return [];
        const active = await raiseActive(tx, this.names, rest.map(blockIdOf));
        const ready = await findReadyLive(tx, this.names, rest.map(blockIdOf));
        return without(rest, new Set([...active, ...ready]));
      });
    }
    await this.analyzeAfter(inserted + raised);
    return { inserted, raised };
  }

  /**
   * Replaces waiting jobs of the same blocks: those in retry, delayed, or with a priority below `belowPriority`. They are
   * completed, which frees their keys.
   *
   * @returns the ids of the blocks whose job was replaced
   */
  async replaceWaiting(tx: Queryable, jobs: readonly NewJob[], belowPriority: number): Promise<Set<string>> {
    if (jobs.length === 0) return new Set();
    const waiting = await lockWaiting(tx, this.names, jobs.map(blockIdOf), belowPriority);
    if (waiting.length === 0) return new Set();
    const ids = waiting.map(({ id }) => id);
    await this.#boss.complete(this.names.queue, ids, { outcome: 'superseded' }, { db: tx, includeQueued: true });
    const free = new Set(waiting.map(({ blockId }) => blockId));
    return await this.insert(
      tx,
      jobs.filter(({ data }) => free.has(data.blockId)),
    );
  }

  /** Updates the planner's statistics after jobs were inserted and committed. Never fails. */
  async analyzeAfter(inserted: number): Promise<void> {
    await this.#statistics.inserted(inserted);
  }

  /**
   * Completes jobs, fenced to the attempts that were fetched.
   *
   * @returns those that this worker still held
   */
  async complete(tx: Queryable, jobs: readonly EmbedJob[], output: object): Promise<Set<EmbedJob>> {
    const attempts = lastAttempts(jobs);
    const fenced = attempts.map(({ id, retryCount }) => ({ id, retryCount }));
    const settled = settledIds(await this.#boss.complete(this.names.queue, fenced, output, { db: tx }));
    return new Set(attempts.filter(({ id }) => settled.has(id)));
  }

  /**
   * Puts a job into retry, with pg-boss's backoff, fenced to the attempt that was fetched.
   *
   * @returns whether this worker still held it
   */
  async retry(tx: Queryable, { id, retryCount }: EmbedJob, output: object): Promise<boolean> {
    return settledIds(await this.#boss.fail(this.names.queue, { id, retryCount }, output, { db: tx })).has(id);
  }

  /** Sets the data of a job in retry. */
  async setData(tx: Queryable, jobId: string, data: EmbedJobData): Promise<void> {
    await this.#boss.update(this.names.queue, data, { id: jobId, db: tx });
  }

  /** Fails a job in retry permanently: pg-boss writes its dead letter. */
  async deadLetter(tx: Queryable, jobId: string, output: object): Promise<void> {
    await this.#boss.update(this.names.queue, undefined, { id: jobId, retryLimit: 0, db: tx });
    await this.#boss.fail(this.names.queue, jobId, output, { db: tx });
  }

  /** Completes jobs as superseded, including those in retry. */
  async supersede(tx: Queryable, jobs: readonly EmbedJob[]): Promise<void> {
    const ids = jobs.map(({ id }) => id);
    await this.#boss.complete(this.names.queue, ids, { outcome: 'superseded' }, { db: tx, includeQueued: true });
    await this.markSuperseded(tx, jobs);
  }

  /** Corrects the outcome of jobs that this transaction has already completed. */
  async markSuperseded(tx: Queryable, jobs: readonly EmbedJob[]): Promise<void> {
    await setOutcome(
      tx,
      this.names,
      jobs.map(({ id }) => id),
      'superseded',
    );
  }

  /** Which of these jobs, fetched as backlog, an edit has raised since. @returns their ids */
  async raisedSince(tx: Queryable, jobs: readonly EmbedJob[]): Promise<Set<string>> {
    return await findRaised(
      tx,
      this.names,
      jobs.map(({ id }) => id),
    );
  }

  /** Which of these blocks have no live job, in the same order. */
  async withoutLiveJob(blockIds: readonly string[]): Promise<string[]> {
    return await findWithoutLiveJob(this.#database, this.names, blockIds);
  }

  /** How many more jobs sweep, backfill and retry may insert: 0 or more. Reserved for this transaction until it ends. */
  async reserveCapacity(tx: Queryable, queueLimit: number): Promise<number> {
    return await reserveCapacity(tx, this.names, queueLimit);
  }

  /** The same without reserving it: others may use it first. */
  async freeCapacity(queueLimit: number): Promise<number> {
    return await freeCapacity(this.#database, this.names, queueLimit);
  }

  /** How many live jobs wait for a worker, counted up to `max`. */
  async countWaitingEdits(max: number): Promise<number> {
    return await countWaitingEdits(this.#database, this.names, max);
  }

  /** The highest priority of the jobs that are ready to be fetched; undefined if none is. */
  async nextReadyPriority(): Promise<Priority | undefined> {
    return await nextReadyPriority(this.#database, this.names);
  }
}

const blockIdOf = ({ data }: NewJob) => data.blockId;

function without(jobs: readonly NewJob[], blockIds: ReadonlySet<string>): NewJob[] {
  return jobs.filter(({ data }) => !blockIds.has(data.blockId));
}

/** pg-boss returns the ids that it settled, but its typings leave them out. */
function settledIds(response: object): Set<string> {
  const settled = 'settled' in response && Array.isArray(response.settled) ? (response.settled as string[]) : [];
  return new Set(settled);
}
