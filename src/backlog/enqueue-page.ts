import type { Blocks } from '../blocks/blocks.js';
import { WAITING, type FoundStatus } from '../blocks/status.js';
import { Rollback, type Database, type Queryable } from '../postgres/database.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import { PRIORITY } from '../queue/job.js';
import { newJob } from '../queue/new-job.js';
import type { FoundBlock } from './sql/find-in-scope.js';

export interface EnqueueContext {
  readonly database: Database;
  readonly queue: EmbedQueue;
  readonly blocks: Blocks;
  /** Ready and active jobs that the queue is filled up to. */
  readonly queueLimit: number;
}

/** The result for the first `taken` blocks; the queue had no capacity for the rest. */
export interface EnqueuedPage {
  readonly taken: number;
  readonly enqueued: readonly FoundBlock[];
  /** Another process enqueued them first. */
  readonly alreadyQueued: readonly FoundBlock[];
  /** Their rows are locked, or they have changed since they were found: to be tried again. */
  readonly postponed: readonly FoundBlock[];
}

/** The capacity that is worth a transaction: all blocks, or a quarter of the queue. */
export function minUsefulCapacity(blocks: number, queueLimit: number): number {
  return Math.min(blocks, Math.ceil(queueLimit / 4));
}

/** Whether blocks with this status already wait for a worker. Others are requeued when they are enqueued. */
export function isWaiting(status: FoundStatus): boolean {
  return WAITING.includes(status);
}

/**
 * Enqueues blocks in one transaction, as many as the queue has capacity for. Settled blocks are set `pending` in it and
 * their dead letters deleted, so a crash leaves each block either unchanged or waiting with a job. Job rows are locked
 * before block rows, each sorted, as in every path.
 *
 * Only after its job was inserted can a block turn out to be locked or changed. Then the transaction is repeated without
 * it, so that no job is left behind for a block that does not wait.
 *
 * @param found different blocks, none of which waits with a live job
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
    if ('missed' in attempted) {
      for (const block of attempted.missed) missed.add(block);
      continue;
    }
    const { enqueued, alreadyQueued } = attempted;
    const done = new Set([...enqueued, ...alreadyQueued, ...missed]);
    const end = found.findIndex((block) => !done.has(block));
    const taken = end === -1 ? found.length : end;
    // Missed blocks beyond `taken` are found again with the others.
    return { taken, enqueued, alreadyQueued, postponed: found.slice(0, taken).filter((block) => missed.has(block)) };
  }
}

/** `missed`: blocks that are locked or have changed. Nothing was committed, or their jobs would have stayed behind. */
type Attempted = Pick<EnqueuedPage, 'enqueued' | 'alreadyQueued'> | { readonly missed: readonly FoundBlock[] };

async function attempt(context: EnqueueContext, found: readonly FoundBlock[], now: Date): Promise<Attempted> {
  const { database, queue, blocks: blocksTable, queueLimit } = context;
  return await database.transaction<Attempted>(async (tx) => {
    const capacity = await queue.reserveCapacity(tx, queueLimit);
    const blocks = capacity < minUsefulCapacity(found.length, queueLimit) ? [] : found.slice(0, capacity);
    await queue.deadLetters.deleteOfBlocks(tx, blocks.filter(({ status }) => status === 'error').map(toId));
    const jobs = blocks.map(({ id }) => newJob(id, PRIORITY.backlog, now));
    const inserted = await queue.insert(tx, jobs);
    const settled = blocks.filter(({ status }) => !isWaiting(status));
    const reopened = new Set(await reset(tx, blocksTable, settled));
    // Our new jobs hold the keys, so no other worker can settle these blocks: those that have ended were settled before.
    const ended = new Set((await blocksTable.settled(tx, [...inserted])).map(({ id }) => id));
    const missed = blocks.filter(({ id, status }) => (isWaiting(status) ? ended.has(id) : !reopened.has(id)));
    if (missed.length > 0) return new Rollback({ missed });
    // A settled block that already has a job keeps it: the job finds it `pending`, or the sweep inserts another.
    const isEnqueued = ({ id, status }: FoundBlock) => inserted.has(id) || !isWaiting(status);
    return { enqueued: blocks.filter(isEnqueued), alreadyQueued: blocks.filter((block) => !isEnqueued(block)) };
  });
}

/** Two statements: in one, PostgreSQL would check a row that it waited for in its old version. */
async function reset(tx: Queryable, blocks: Blocks, found: readonly FoundBlock[]): Promise<string[]> {
  if (found.length === 0) return [];
  const locked = await blocks.lock(tx, found.map(toId));
  return await blocks.setStatus(tx, locked, 'pending', [...new Set(found.map(({ status }) => status))]);
}

const toId = ({ id }: FoundBlock) => id;
