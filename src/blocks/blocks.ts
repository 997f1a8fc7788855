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

/** A block, and the fingerprint of the text that was read from it. */
export interface ReadBlock {
  readonly id: string;
  readonly fingerprint: string;
}

/**
 * The API's table of blocks: everything we ask of it while a worker runs. Methods that take a `tx` join that transaction;
 * those that write expect the rows to be locked by it.
 */
export class Blocks {
  /** Names and types, as they were found. The worker updates it when the tables change, so read it each time. */
  readonly table: BlocksTable;
  readonly #database: Database;

  constructor(database: Database, table: BlocksTable) {
    this.#database = database;
    this.table = table;
  }

  /** Claims blocks: pending → processing, with their contents. See `claimBlocks`. */
  async claim(db: Queryable, ids: readonly string[], budgetBytes: number, takeFirst: boolean): Promise<Claim> {
    return await claimBlocks(db, this.table, ids, budgetBytes, takeFirst);
  }

  /** Locks rows in order of their ids, except those that another transaction has locked. @returns the locked ids */
  async lock(tx: Queryable, ids: readonly string[]): Promise<string[]> {
    return await lockBlocks(tx, this.table, ids);
  }

  /** Stores vectors of blocks that are still `processing` with the fingerprint. @returns the stored ids */
  async store(tx: Queryable, vectors: readonly EmbeddedBlock[]): Promise<string[]> {
    return await storeVectors(tx, this.#database, this.table, vectors);
  }

  /** Marks blocks `skipped` that are still `processing` with the fingerprint. @returns the skipped ids */
  async skip(tx: Queryable, blocks: readonly ReadBlock[]): Promise<string[]> {
    return await skipBlocks(tx, this.table, blocks);
  }

  /** Which blocks still have the text that was read; only those with `status`, where it is given. */
  async unchanged(tx: Queryable, blocks: readonly ReadBlock[], status?: BlockStatus): Promise<string[]> {
    return await findUnchanged(tx, this.table, blocks, status);
  }

  /** Sets the status of blocks that are `processing`, and of no others. */
  async setStatusIfProcessing(tx: Queryable, ids: readonly string[], status: 'pending' | 'error'): Promise<void> {
    await setStatusIfProcessing(tx, this.table, ids, status);
  }

  /** Sets blocks `error` whose contents the database cannot read. */
  async setUnreadError(tx: Queryable, ids: readonly string[]): Promise<void> {
    await setUnreadError(tx, this.table, ids);
  }

  /** Sets blocks `pending` that have one of the statuses `from`. @returns their ids */
  async resetToPending(tx: Queryable, ids: readonly string[], from: readonly FoundStatus[]): Promise<string[]> {
    return await resetToPending(tx, this.table, ids, from);
  }

  /** Removes the vectors of blocks that are `skipped`. Locks the rows itself. @returns how many */
  async clearStaleVectors(db: Queryable, ids: readonly string[]): Promise<number> {
    return await clearStaleVectors(db, this.table, ids);
  }

  /** Which of these blocks are pending. */
  async pending(db: Queryable, ids: readonly string[]): Promise<string[]> {
    return await findPending(db, this.table, ids);
  }

  /** The blocks that notified ids belong to, and whether there is something to do for them. */
  async notified(ids: readonly string[]): Promise<NotifiedBlock[]> {
    return await findNotified(this.#database, this.table, ids);
  }

  /** The status of each of these blocks, in the same order. */
  async statusOf(ids: readonly string[]): Promise<BlockWithStatus[]> {
    return await findStatus(this.#database, this.table, ids);
  }

  /** Which of these blocks neither wait nor are in progress, with their status; null for those that are gone. */
  async settled(db: Queryable, ids: readonly string[]): Promise<SettledBlock[]> {
    return await findSettled(db, this.table, ids);
  }

  /** What a sweep has to do in a range. */
  async slice(range: BlockRange, findings: readonly Finding[]): Promise<FoundInSlice[]> {
    return await readSlice(this.#database, this.table, range, findings);
  }

  /** One page of the blocks in `error`, in order of their ids. */
  async inError(after: string | null, limit: number): Promise<string[]> {
    return await findInError(this.#database, this.table, after, limit);
  }

  /** The last id; null where there is no block. */
  async lastId(): Promise<string | null> {
    return await findLastId(this.#database, this.table);
  }
}
