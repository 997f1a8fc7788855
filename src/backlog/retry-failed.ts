import type { Blocks } from '../blocks/blocks.js';
import { Rollback, type Database, type Queryable } from '../postgres/database.js';
import { retryTransient } from '../postgres/retry.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import { PRIORITY, type Priority } from '../queue/job.js';
import { newJob } from '../queue/new-job.js';

/** The result of requeueing one block. */
export type RetryOutcome = 'requeued' | 'not in error' | 'no such block' | 'locked';

export interface Retried {
  readonly id: string;
  readonly outcome: RetryOutcome;
  /** The block's current status; null if there is no such block. */
  readonly status: string | null;
}

export interface RetryContext {
  readonly database: Database;
  readonly queue: EmbedQueue;
  readonly blocks: Blocks;
  /** Priority of the jobs; null inserts none and leaves the blocks to the sweep. */
  readonly priority: Priority | null;
  readonly signal: AbortSignal;
}

/** Each try may find other rows locked; after the last, the blocks that remain are reported as locked. */
const TRIES = 5;

/**
 * Requeues blocks in `error`, in one transaction: deletes their dead letters, inserts jobs and sets the blocks `pending`. A
 * block whose row is locked stays as it is and delays no other.
 *
 * @param ids one batch of valid ids
 * @returns one entry for each different block, in the order of `ids`
 */
export async function retryBlocks(context: RetryContext, ids: readonly string[]): Promise<Retried[]> {
  const { database, blocks } = context;
  const before = [...new Map((await blocks.statusOf(database, ids)).map((block) => [block.id, block])).values()];
  let open = before.filter(({ status }) => status === 'error').map(({ id }) => id);
  const done = new Set<string>();
  for (let attempt = 0; open.length > 0 && attempt < TRIES; attempt++) {
    const result = await retryTransient(() => tryToRequeue(context, open), { signal: context.signal });
    for (const id of result.requeued) done.add(id);
    open = result.again;
  }
  const left = before.map(({ id }) => id).filter((id) => !done.has(id));
  const after = new Map((await blocks.statusOf(database, left)).map(({ id, status }) => [id, status]));
  return before.map(({ id }) =>
    done.has(id) ? { id, outcome: 'requeued', status: 'pending' } : notRequeued(id, after.get(id)),
  );
}

function notRequeued(id: string, status: string | null | undefined): Retried {
  if (status === null || status === undefined) return { id, outcome: 'no such block', status: null };
  return status === 'error' ? { id, outcome: 'locked', status } : { id, outcome: 'not in error', status };
}

async function tryToRequeue(
  { database, queue, blocks, priority }: RetryContext,
  ids: readonly string[],
): Promise<{ requeued: string[]; again: string[] }> {
  return await database.transaction<{ requeued: string[]; again: string[] }>(async (tx) => {
    await queue.deadLetters.deleteOfBlocks(tx, ids);
    if (priority !== null) await enqueue(queue, tx, ids, priority);
    const locked = await blocks.lock(tx, ids);
    // A block that keeps its status must keep its dead letter too.
    if (locked.length < ids.length) return new Rollback({ requeued: [], again: locked });
    return { requeued: await blocks.setStatus(tx, locked, 'pending', ['error']), again: [] };
  });
}

/** A waiting job is replaced: if it were claimed now, it would find the block in `error` and do nothing. */
async function enqueue(queue: EmbedQueue, tx: Queryable, ids: readonly string[], priority: Priority): Promise<void> {
  const now = new Date();
  const toJob = (blockId: string) => newJob(blockId, priority, now);
  const inserted = await queue.insert(tx, ids.map(toJob));
  const present = ids.filter((id) => !inserted.has(id));
  await queue.replaceWaiting(tx, present.map(toJob), PRIORITY.live + 1);
}
