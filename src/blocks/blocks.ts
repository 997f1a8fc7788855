import type { Database, Queryable } from '../postgres/database.js';
import { claimBlocks, type Claim } from './claim.js';
import type { Condition } from './condition.js';
import { findBlocks, type FindOptions, type FoundPart } from './find-blocks.js';
import { clearStaleVectors } from './sql/clear-stale-vectors.js';
import { compareVectors, type VectorComparison } from './sql/compare-vectors.js';
import { findLastId } from './sql/find-last-id.js';
import { findNotified, type NotifiedBlock } from './sql/find-notified.js';
import { findStatus, type BlockWithStatus } from './sql/find-status.js';
import { findUnchanged } from './sql/find-unchanged.js';
import { lockBlocks } from './sql/lock.js';
import { readCompleted, type CompletedBlocks } from './sql/read-completed.js';
import { setStatus } from './sql/set-status.js';
import { skipBlocks } from './sql/skip.js';
import { storeVectors, type EmbeddedBlock } from './sql/store.js';
import { readIndexUse } from './status-index/use.js';
import { PENDING, WAITING, type BlockStatus, type FoundStatus } from './status.js';
import type { BlocksTable } from './table.js';

/** A block, and the fingerprint of its text when it was read. */
export interface ReadBlock {
  readonly id: string;
  readonly fingerprint: string;
}

/**
 * The API's table of blocks: all statements that a running worker sends to it. Methods with a `tx` join that transaction;
 * those that write expect it to have locked the rows.
 */
export class Blocks {
  /** Names and types from the catalogue. The worker updates the object when the tables change, so read it for each statement. */
  readonly table: BlocksTable;
  readonly #database: Database;

  constructor(database: Database, table: BlocksTable) {
    this.#database = database;
    this.table = table;
  }

  /** Claims blocks (pending → processing) and returns their contents. See `claimBlocks`. */
  async claim(db: Queryable, ids: readonly string[], budgetBytes: number, takeFirst: boolean): Promise<Claim> {
    return await claimBlocks(db, this.table, ids, budgetBytes, takeFirst);
  }

  /** Locks rows in order of their ids, except those that another transaction has locked. @returns the locked ids */
  async lock(tx: Queryable, ids: readonly string[]): Promise<string[]> {
    return await lockBlocks(tx, this.table, ids);
  }

  /** Stores the vectors of blocks that are `processing` and whose fingerprint is unchanged. @returns the stored ids */
  async store(tx: Queryable, vectors: readonly EmbeddedBlock[]): Promise<string[]> {
    return await storeVectors(tx, this.#database, this.table, vectors);
  }

  /** Sets blocks `skipped` that are `processing` and whose fingerprint is unchanged. @returns the skipped ids */
  async skip(tx: Queryable, blocks: readonly ReadBlock[]): Promise<string[]> {
    return await skipBlocks(tx, this.table, blocks);
  }

  /** The ids of blocks whose text is unchanged since it was read; if `status` is given, only of blocks with that status. */
  async unchanged(tx: Queryable, blocks: readonly ReadBlock[], status?: BlockStatus): Promise<string[]> {
    return await findUnchanged(tx, this.table, blocks, status);
  }

  /**
   * Sets the status of those blocks that have one of the statuses `from`. A claimed block that is `pending` again was
   * edited since and must stay pending: `from` is `['processing']` then.
   *
   * @returns the ids of the blocks that were set
   */
  async setStatus(
    tx: Queryable,
    ids: readonly string[],
    status: 'pending' | 'error',
    from: readonly FoundStatus[],
  ): Promise<string[]> {
    return await setStatus(tx, this.table, ids, status, from);
  }

  /** Reads what a claim would read of those blocks that are completed. See `readCompleted`. */
  async readCompleted(ids: readonly string[], budgetBytes: number): Promise<CompletedBlocks> {
    return await readCompleted(this.#database, this.table, ids, budgetBytes);
  }

  /** Compares vectors with those of the blocks that are completed and unchanged. See `compareVectors`. */
  async compare(vectors: readonly EmbeddedBlock[]): Promise<VectorComparison[]> {
    return await compareVectors(this.#database, this.table, vectors);
  }

  /** Removes the vectors of blocks that are `skipped`. It locks the rows. @returns the number of blocks */
  async clearStaleVectors(db: Queryable, ids: readonly string[]): Promise<number> {
    return await clearStaleVectors(db, this.table, ids);
  }

  /** Looks up notified ids: the blocks, and whether they need work. */
  async notified(ids: readonly string[]): Promise<NotifiedBlock[]> {
    return await findNotified(this.#database, this.table, ids);
  }

  /** The status of each of these blocks, in the same order. */
  async statusOf(db: Queryable, ids: readonly string[]): Promise<BlockWithStatus[]> {
    return ids.length === 0 ? [] : await findStatus(db, this.table, ids);
  }

  /** The ids of those blocks that are pending; NULL counts as pending. */
  async pending(db: Queryable, ids: readonly string[]): Promise<string[]> {
    return (await this.statusOf(db, ids)).filter(({ status }) => isOneOf(status, PENDING)).map(({ id }) => id);
  }

  /** Those blocks that are neither waiting nor in progress; their status is null if they are gone. */
  async settled(db: Queryable, ids: readonly string[]): Promise<BlockWithStatus[]> {
    return (await this.statusOf(db, ids)).filter(({ status }) => !isOneOf(status, WAITING));
  }

  /** Whether PostgreSQL answers each of these conditions through an index, at present. It asks the planner. */
  async hasIndexFor(conditions: readonly Condition[]): Promise<boolean> {
    const uses = await readIndexUse(this.#database, this.table);
    return conditions.every((condition) => uses.get(condition)?.isServed === true);
  }

  /** All blocks for which one of the conditions holds, in parts. See `findBlocks`. */
  find(conditions: readonly Condition[], options: FindOptions): AsyncGenerator<FoundPart, void, undefined> {
    return findBlocks(this.#database, this.table, conditions, options);
  }

  /** The highest id; null if the table has no blocks. */
  async lastId(): Promise<string | null> {
    return await findLastId(this.#database, this.table);
  }
}

function isOneOf(status: FoundStatus | null, statuses: readonly FoundStatus[]): boolean {
  return status !== null && statuses.includes(status);
}
