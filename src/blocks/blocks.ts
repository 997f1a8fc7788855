import type { Database, Queryable } from '../postgres/database.js';
import { claimBlocks, type Claim } from './claim.js';
import { clearStaleVectors } from './sql/clear-stale-vectors.js';
import { findInError } from './sql/find-in-error.js';
import { findLastId } from './sql/find-last-id.js';
import { findNotified, type NotifiedBlock } from './sql/find-notified.js';
import { findPending } from './sql/find-pending.js';
import { findSettled, type SettledBlock } from './sql/find-settled.js';
import { findStatus, type BlockWithStatus } from './sql/find-status.js';
import { findUnchanged } from './sql/find-unchanged.js';
import { lockBlocks } from './sql/lock.js';
import { resetToPending } from './sql/reset-to-pending.js';
import { setStatusIfProcessing } from './sql/set-status-if-processing.js';
import { setUnreadError } from './sql/set-unread-error.js';
import { skipBlocks } from './sql/skip.js';
import { readSlice, type BlockRange, type Finding, type FoundInSlice } from './sql/read-slice.js';
import { storeVectors, type EmbeddedBlock } from './sql/store.js';
import type { BlockStatus, FoundStatus } from './status.js';
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

  /** Sets the status of those blocks that are `processing`. */
  async setStatusIfProcessing(tx: Queryable, ids: readonly string[], status: 'pending' | 'error'): Promise<void> {
    await setStatusIfProcessing(tx, this.table, ids, status);
  }

  /** Sets blocks to `error` whose contents the database cannot read. */
  async setUnreadError(tx: Queryable, ids: readonly string[]): Promise<void> {
    await setUnreadError(tx, this.table, ids);
  }

  /** Sets blocks with one of the statuses `from` to `pending`. @returns their ids */
  async resetToPending(tx: Queryable, ids: readonly string[], from: readonly FoundStatus[]): Promise<string[]> {
    return await resetToPending(tx, this.table, ids, from);
  }

  /** Removes the vectors of blocks that are `skipped`. It locks the rows. @returns the number of blocks */
  async clearStaleVectors(db: Queryable, ids: readonly string[]): Promise<number> {
    return await clearStaleVectors(db, this.table, ids);
  }

  /** The ids of those blocks that are pending. */
  async pending(db: Queryable, ids: readonly string[]): Promise<string[]> {
    return await findPending(db, this.table, ids);
  }

  /** Looks up notified ids: the blocks, and whether they need work. */
  async notified(ids: readonly string[]): Promise<NotifiedBlock[]> {
    return await findNotified(this.#database, this.table, ids);
  }

  /** The status of each of these blocks, in the same order. */
  async statusOf(ids: readonly string[]): Promise<BlockWithStatus[]> {
    return await findStatus(this.#database, this.table, ids);
  }

  /** Those blocks that are neither waiting nor in progress, with their status; null for blocks that are gone. */
  async settled(db: Queryable, ids: readonly string[]): Promise<SettledBlock[]> {
    return await findSettled(db, this.table, ids);
  }

  /** The blocks of a range that a sweep has to act on. */
  async slice(range: BlockRange, findings: readonly Finding[]): Promise<FoundInSlice[]> {
    return await readSlice(this.#database, this.table, range, findings);
  }

  /** One page of the blocks in `error`, in order of their ids. */
  async inError(after: string | null, limit: number): Promise<string[]> {
    return await findInError(this.#database, this.table, after, limit);
  }

  /** The highest id; null if the table has no blocks. */
  async lastId(): Promise<string | null> {
    return await findLastId(this.#database, this.table);
  }
}
