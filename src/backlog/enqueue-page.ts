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
    if ('missed' in attempted) {
      for (const block of attempted.missed) missed.add(block);
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

/** `missed`: blocks that are locked or have changed. Nothing was committed, or their jobs would have stayed behind. */
type Attempted = Pick<EnqueuedPage, 'enqueued' | 'alreadyQueued'> | { readonly missed: readonly FoundBlock[] };

async function attempt(context: EnqueueContext, found: readonly FoundBlock[], now: Date): Promise<Attempted> {
  const { database, queue, blocks: blocksTable, queueLimit } = context;
  return await database.transaction<Attempted>(async (tx) => {
    const capacity = await queue.reserveCapacity(tx, queueLimit);
    const blocks = capacity < minUsefulCapacity(found.length, queueLimit) ? [] : found.slice(0, capacity);
    await queue.dropDeadLetters(tx, blocks.filter(({ status }) => status === 'error').map(toId));
    const jobs = blocks.map(({ id }) => newJob(id, PRIORITY.backlog, now));
    const inserted = await queue.insert(tx, jobs);
    const settled = blocks.filter(({ status }) => !isWaiting(status));
    const reopened = new Set(await reset(tx, blocksTable, settled));
    // With their keys in our hands nobody settles them any more: what has ended by now was another's work.
    const ended = new Set((await blocksTable.settled(tx, [...inserted])).map(({ id }) => id));
    const missed = blocks.filter(({ id, status }) => (isWaiting(status) ? ended.has(id) : !reopened.has(id)));
    if (missed.length > 0) return new Rollback({ missed });
    // Where a settled block has a job, that found nothing to do; now it has, or the sweep replaces it.
    const isEnqueued = ({ id, status }: FoundBlock) => inserted.has(id) || !isWaiting(status);
    return { enqueued: blocks.filter(isEnqueued), alreadyQueued: blocks.filter((block) => !isEnqueued(block)) };
  });
}

/** Two statements: in one, a row that was waited for would be checked as it was before. */
async function reset(tx: Queryable, blocks: Blocks, found: readonly FoundBlock[]): Promise<string[]> {
  if (found.length === 0) return [];
  const locked = await blocks.lock(tx, found.map(toId));
  return await blocks.resetToPending(tx, locked, [...new Set(found.map(({ status }) => status))]);
}

const toId = ({ id }: FoundBlock) => id;
