import type { PgBoss } from 'pg-boss';
import type { Database } from '../postgres/database.js';
import type { QueueNames } from './queue-names.js';
import { findSettledBeyond } from './sql/find-settled-beyond.js';
import { lockOldestSettled } from './sql/lock-oldest-settled.js';

/** The settled jobs of a queue, which are kept for inspection. */
export class SettledJobs {
  readonly #boss: PgBoss;
  readonly #database: Database;
  readonly #names: QueueNames;

  constructor(boss: PgBoss, database: Database, names: QueueNames) {
    this.#boss = boss;
    this.#database = database;
    this.#names = names;
  }

  /**
   * When the newest of those that exceed a number was settled: a timestamp in PostgreSQL's text form; undefined if there are
   * no more than `count`.
   */
  async beyond(count: number): Promise<string | undefined> {
    return await findSettledBeyond(this.#database, this.#names, count);
  }

  /**
   * Deletes those that were settled first.
   *
   * @param until a timestamp, as `beyond` returns it
   * @param max how many at most
   * @returns how many were deleted
   */
  async deleteOldest(until: string, max: number): Promise<number> {
    return await this.#database.transaction(async (tx) => {
      const ids = await lockOldestSettled(tx, this.#names, until, max);
      if (ids.length > 0) await this.#boss.deleteJob(this.#names.queue, ids, { db: tx });
      return ids.length;
    });
  }
}
