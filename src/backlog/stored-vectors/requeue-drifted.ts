import { sleep } from '../../base/sleep.js';
import type { Blocks, ReadBlock } from '../../blocks/blocks.js';
import { LOCKED_ROW_PAUSES_MS } from '../../blocks/locked-rows.js';
import { Rollback, type Database } from '../../postgres/database.js';
import { retryTransient } from '../../postgres/retry.js';
import type { EmbedQueue } from '../../queue/embed-queue.js';
import { PRIORITY } from '../../queue/job.js';
import { newJob } from '../../queue/new-job.js';
import type { WorkNotifier } from '../../queue/work-notifier.js';

export interface RequeueContext {
  readonly database: Database;
  readonly queue: EmbedQueue;
  readonly blocks: Blocks;
  readonly waker: WorkNotifier;
  /** Ready and active jobs that the queue is filled up to. Blocks beyond it get their job from the sweep. */
  readonly queueLimit: number;
  /** How long the database may be unavailable. */
  readonly maxOutageMs: number;
  readonly signal: AbortSignal;
}

export interface Requeued {
  readonly requeued: readonly string[];
  /** Blocks whose rows another transaction has locked. */
  readonly locked: readonly string[];
}

/** Each try may find other rows locked. */
const TRIES = 5;

/**
 * Requeues completed blocks to be embedded again, behind edits: inserts jobs and sets the blocks `pending` in one
 * transaction. Each keeps its vector until then. Blocks edited since they were read are left alone: neither `requeued` nor
 * `locked`.
 *
 * @param read different blocks
 */
export async function requeueDrifted(context: RequeueContext, read: readonly ReadBlock[]): Promise<Requeued> {
  const { database, blocks, signal, maxOutageMs } = context;
  const requeued: string[] = [];
  let open = read;
  for (const pauseMs of [0, ...LOCKED_ROW_PAUSES_MS]) {
    await sleep(pauseMs, signal);
    requeued.push(...(await requeueUnlocked(context, open)));
    const isDone = new Set(requeued);
    const left = open.filter(({ id }) => !isDone.has(id));
    const unchanged = await retryTransient(() => blocks.unchanged(database, left, 'completed'), {
      signal,
      maxWaitMs: maxOutageMs,
    });
    open = left.filter(({ id }) => unchanged.includes(id));
    if (open.length === 0) break;
  }
  return { requeued, locked: open.map(({ id }) => id) };
}

/** @returns the ids of those that were requeued */
async function requeueUnlocked(context: RequeueContext, read: readonly ReadBlock[]): Promise<readonly string[]> {
  const { signal, maxOutageMs } = context;
  const requeued: string[] = [];
  let open = read;
  for (let attempt = 0; open.length > 0 && attempt < TRIES; attempt++) {
    const tried = open;
    const { done, again } = await retryTransient(() => tryToRequeue(context, tried), {
      signal,
      maxWaitMs: maxOutageMs,
    });
    requeued.push(...done);
    open = tried.filter(({ id }) => again.includes(id));
  }
  return requeued;
}

interface Tried {
  readonly done: readonly string[];
  /** Blocks to try again without the others. Nothing was committed, or the others' jobs would have stayed behind. */
  readonly again: readonly string[];
}

/** Job rows are locked before block rows, as in every path. The fingerprints are compared once the rows are locked. */
async function tryToRequeue(
  { database, queue, blocks, waker, queueLimit }: RequeueContext,
  read: readonly ReadBlock[],
): Promise<Tried> {
  const ids = read.map(({ id }) => id);
  let jobs = 0;
  const tried = await database.transaction<Tried>(async (tx) => {
    const capacity = await queue.reserveCapacity(tx, queueLimit);
    const now = new Date();
    const inserted = await queue.insert(
      tx,
      ids.slice(0, capacity).map((id) => newJob(id, PRIORITY.backlog, now)),
    );
    const locked = new Set(await blocks.lock(tx, ids));
    const unchanged = await blocks.unchanged(
      tx,
      read.filter(({ id }) => locked.has(id)),
      'completed',
    );
    if (unchanged.length < ids.length) return new Rollback({ done: [], again: unchanged });
    jobs = inserted.size;
    return { done: await blocks.setStatus(tx, ids, 'pending', ['completed']), again: [] };
  });
  waker.wakeEverywhere(jobs, PRIORITY.backlog);
  await queue.analyzeAfter(jobs);
  return tried;
}
