import type { PgBoss } from 'pg-boss';
import type { Queryable } from '../postgres/database.js';
import type { QueueNames } from './queue-names.js';
import { findDeadLetters, type DeadLetterKey } from './sql/find-dead-letters.js';
import { lockDeadLetters } from './sql/lock-dead-letters.js';

/** The dead letters of a queue: one for each block in `error`. Methods that take a `tx` join that transaction. */
export class DeadLetters {
  readonly #boss: PgBoss;
  readonly #database: Queryable;
  readonly #names: QueueNames;

  constructor(boss: PgBoss, database: Queryable, names: QueueNames) {
    this.#boss = boss;
    this.#database = database;
    this.#names = names;
  }

  /** One page in order of their keys, the newest of each key first. */
  async find(page: { readonly after: string | null; readonly limit: number }): Promise<DeadLetterKey[]> {
    return await findDeadLetters(this.#database, this.#names, page);
  }

  /** Deletes dead letters by their job ids. */
  async delete(jobIds: readonly string[]): Promise<void> {
    if (jobIds.length > 0) await this.#boss.deleteJob(this.#names.deadLetters, [...jobIds]);
  }

  /** Deletes the dead letters of these blocks. */
  async deleteOfBlocks(tx: Queryable, blockIds: readonly string[]): Promise<void> {
    if (blockIds.length === 0) return;
    const ids = await lockDeadLetters(tx, this.#names, blockIds);
    if (ids.length > 0) await this.#boss.deleteJob(this.#names.deadLetters, ids, { db: tx });
  }
}
