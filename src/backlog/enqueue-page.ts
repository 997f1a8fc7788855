import type { PgBoss } from 'pg-boss';
import { findSettled } from '../blocks/sql/find-settled.js';
import { lockBlocks } from '../blocks/sql/lock.js';
import { resetToPending } from '../blocks/sql/reset-to-pending.js';
import { WAITING, type FoundStatus } from '../blocks/status.js';
import type { BlocksTable } from '../blocks/table.js';
import type { Database, Queryable } from '../postgres/database.js';
import { insertJobs, newJob } from '../queue/enqueue.js';
import { DEAD_LETTER_QUEUE, PRIORITY } from '../queue/job.js';
import { reserveCapacity } from '../queue/capacity.js';
import type { FoundBlock } from './sql/find-in-scope.js';
import { lockDeadLetters } from '../queue/sql/lock-dead-letters.js';

export interface EnqueueContext {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly schema: string;
  readonly table: BlocksTable;
  /** Ready and active jobs that the queue is filled up to. */
  readonly queueLimit: number;
}

/** What became of the first `taken` of the blocks; the queue had no room for those after them. */
export interface EnqueuedPage {
  readonly taken: number;
  readonly enqueued: readonly FoundBlock[];
  /** Somebody else enqueued them first. */
  readonly alreadyQueued: readonly FoundBlock[];
  /** Somebody has their rows locked, or they are no longer what was found: to be looked at again. */
  readonly postponed: readonly FoundBlock[];
}

/** How much room is worth a transaction: for all blocks, or for a quarter of the queue. */
export function minUsefulCapacity(blocks: number, queueLimit: number): number {
  return Math.min(blocks, Math.ceil(queueLimit / 4));
}

/** Blocks with these statuses wait for a worker already; all others are put back when they are enqueued. */
export function isWaiting(status: FoundStatus): boolean {
  return WAITING.includes(status);
}

/**
 * Enqueues blocks in one transaction, as many as the queue has room for. Those that were settled are set `pending` in
 * it, and their dead letters go, so that whatever kills us leaves a block either as it was or waiting with a job. Job
 * rows come first and block rows after, each sorted, as in every path.
 *
 * Only after its job was inserted can a block turn out to be locked or changed. It is left out then, and the
 * transaction done anew without it: a job of a block that waits for nothing must not be left behind.
 *
 * @param found different blocks, none of them waiting with a live job
 */
export async function enqueuePage(
  context: EnqueueContext,
  found: readonly FoundBlock[],
  now: Date,
): Promise<EnqueuedPage> {
  const missed = new Set<FoundBlock>();
  for (;;) {
    const blocks = found.filter((block) => !missed.has(block));
    const attempted = await attempt(context, blocks, now);
    if (attempted instanceof Missed) {
      for (const block of attempted.blocks) missed.add(block);
      continue;
    }
    const { enqueued, alreadyQueued } = attempted;
    const done = new Set([...enqueued, ...alreadyQueued, ...missed]);
    const end = found.findIndex((block) => !done.has(block));
    const taken = end === -1 ? found.length : end;
    // What was missed behind the last that had room is found again with the others.
    return { taken, enqueued, alreadyQueued, postponed: found.slice(0, taken).filter((block) => missed.has(block)) };
  }
}

/** Undoes a transaction that would have left jobs without blocks. */
class Missed extends Error {
  readonly blocks: readonly FoundBlock[];

  constructor(blocks: readonly FoundBlock[]) {
    super('blocks are locked or have changed');
    this.blocks = blocks;
  }
}

async function attempt(
  context: EnqueueContext,
  found: readonly FoundBlock[],
  now: Date,
): Promise<Pick<EnqueuedPage, 'enqueued' | 'alreadyQueued'> | Missed> {
  const { database, boss, schema, table, queueLimit } = context;
  try {
    return await database.transaction(async (tx) => {
      const room = await reserveCapacity(tx, schema, queueLimit);
      const blocks = room < minUsefulCapacity(found.length, queueLimit) ? [] : found.slice(0, room);
      await dropDeadLetters(context, tx, blocks);
      const jobs = blocks.map(({ id }) => newJob(id, PRIORITY.backlog, now));
      const inserted = await insertJobs(boss, tx, jobs);
      const settled = blocks.filter(({ status }) => !isWaiting(status));
      const reopened = new Set(await reopen(tx, table, settled));
      // With their keys in our hands nobody settles them any more: what has ended by now was another's work.
      const ended = new Set((await findSettled(tx, table, [...inserted])).map(({ id }) => id));
      const missed = blocks.filter(({ id, status }) => (isWaiting(status) ? ended.has(id) : !reopened.has(id)));
      if (missed.length > 0) throw new Missed(missed);
      // Where a settled block has a job, that found nothing to do; now it has, or the sweep replaces it.
      const isEnqueued = ({ id, status }: FoundBlock) => inserted.has(id) || !isWaiting(status);
      return { enqueued: blocks.filter(isEnqueued), alreadyQueued: blocks.filter((block) => !isEnqueued(block)) };
    });
  } catch (error) {
    if (error instanceof Missed) return error;
    throw error;
  }
}

async function dropDeadLetters(
  { boss, schema }: EnqueueContext,
  tx: Queryable,
  blocks: readonly FoundBlock[],
): Promise<void> {
  const failed = blocks.filter(({ status }) => status === 'error').map(toId);
  const letters = failed.length === 0 ? [] : await lockDeadLetters(tx, schema, failed);
  if (letters.length > 0) await boss.deleteJob(DEAD_LETTER_QUEUE, letters, { db: tx });
}

/** Two statements: in one, a row that was waited for would be checked as it was before. */
async function reopen(tx: Queryable, table: BlocksTable, blocks: readonly FoundBlock[]): Promise<string[]> {
  if (blocks.length === 0) return [];
  const locked = await lockBlocks(tx, table, blocks.map(toId));
  return await resetToPending(tx, table, locked, [...new Set(blocks.map(({ status }) => status))]);
}

const toId = ({ id }: FoundBlock) => id;
