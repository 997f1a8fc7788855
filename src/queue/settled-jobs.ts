import type { PgBoss } from 'pg-boss';
import type { Database } from '../postgres/database.js';
import type { QueueNames } from './queue-names.js';
import { lockOldestSettled } from './sql/lock-oldest-settled.js';
import { readSettled } from './sql/read-settled.js';

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

  /** How many there are, by pg-boss's count, which is up to 15 s old. */
  async count(): Promise<number> {
    return (await readSettled(this.#database, this.#names)).count;
  }

  /**
   * Deletes those that were settled first.
   *
   * @param max how many at most
   * @returns how many were deleted
   */
  async deleteOldest(max: number): Promise<number> {
    return await this.#database.transaction(async (tx) => {
      const ids = await lockOldestSettled(tx, this.#names, max);
      if (ids.length > 0) await this.#boss.deleteJob(this.#names.queue, ids, { db: tx });
      return ids.length;
    });
  }
}
