import type { PgBoss } from 'pg-boss';
import { leaveProcessing } from '../blocks/leave-processing.js';
import { findPending } from '../blocks/find-pending.js';
import { findSameText } from '../blocks/find-same-text.js';
import { lockBlocks } from '../blocks/lock.js';
import { skipBlocks } from '../blocks/skip.js';
import { storeVectors } from '../blocks/store.js';
import type { Queryable } from '../database/database.js';
import type { Outcome, RequeueReason } from '../events.js';
import { insertJobs, newJob, type NewJob } from './enqueue.js';
import { failHeld, settleFailed, type FailedBlock, type SettledFailure } from './fail.js';
import { sourceOf, type HeldBlock } from './held-block.js';
import { deathsOf, PRIORITY, QUEUE, type EmbedJob, type EmbedJobData } from './job.js';
import type { SettleContext } from './settle-context.js';
import { settledIds } from './settled-ids.js';
import { setOutcome } from './sql/set-outcome.js';

/** The longest wait of a block whose status changes under our hands while its text does not. */
const ECHO_DELAY_MAX_SECONDS = 60;

export interface EmbeddedBlock extends HeldBlock {
  readonly vector: Float32Array;
}

/** Blocks in our hands, by what became of them, as their claim read them. */
export interface Worked {
  readonly embedded: readonly EmbeddedBlock[];
  readonly textless: readonly HeldBlock[];
  readonly failed: readonly FailedBlock[];
}

/** What was settled. A job that is nowhere in it was lost to another worker, and nothing was written for it. */
export interface Settlement {
  readonly completed: readonly EmbedJob[];
  readonly skipped: readonly EmbedJob[];
  readonly superseded: readonly EmbedJob[];
  readonly failed: readonly SettledFailure[];
}

/**
 * Settles jobs and blocks together, in one transaction, so that an edit which commits before is seen here and one that
 * commits after finds the job's key free. In this order:
 *
 * 1. The jobs, fenced to the attempts we fetched: what another worker took over while we were away is not ours to write.
 * 2. The blocks' rows, locked in order of ids. A row that someone else has locked is being changed: superseded.
 * 3. The blocks, in statements of their own that check the fingerprint against what is there now.
 * 4. For each superseded block a new job: the old one is complete, so the key is free.
 *
 * Safe to run again after a COMMIT whose answer was lost: the attempts are then no longer ours, and nothing is written.
 */
export async function settleWorked(context: SettleContext, worked: Worked): Promise<Settlement> {
  const { database, boss, table } = context;
  return await database.transaction(async (tx) => {
    const embedded = held(
      worked.embedded,
      await completeJobs(boss, tx, worked.embedded.map(toJob), { outcome: 'completed' }),
    );
    const textless = held(
      worked.textless,
      await completeJobs(boss, tx, worked.textless.map(toJob), { outcome: 'skipped' }),
    );
    const failed = held(worked.failed, await failHeld(boss, tx, worked.failed));

    const locked = new Set(await lockBlocks(tx, table, [...embedded, ...textless, ...failed].map(toBlockId)));
    const isLocked = ({ job }: { job: EmbedJob }) => locked.has(job.data.blockId);
    const stored = new Set(await storeVectors(tx, database, table, embedded.filter(isLocked).map(toStored)));
    const skipped = new Set(await skipBlocks(tx, table, textless.filter(isLocked).map(sourceOf)));
    const failures = await settleFailed(context, tx, failed.filter(isLocked));

    const superseded = [
      ...embedded.filter(({ job }) => !stored.has(job.data.blockId)),
      ...textless.filter(({ job }) => !skipped.has(job.data.blockId)),
      ...failed.filter(({ job }) => !failures.some((failure) => failure.job === job)),
    ];
    await supersede(context, tx, superseded, locked);
    return {
      completed: embedded.map(toJob).filter((job) => stored.has(job.data.blockId)),
      skipped: textless.map(toJob).filter((job) => skipped.has(job.data.blockId)),
      superseded: superseded.map(toJob),
      failed: failures,
    };
  });
}

/**
 * Completes jobs that had nothing to do when they were claimed: their blocks are stored, skipped, in error or gone. An
 * edit may have come since, whose notification found the job alive and was dropped: such a block gets a new one.
 *
 * @returns how many were still ours, and how many blocks got a new job
 */
export async function settleIdle(
  context: SettleContext,
  jobs: readonly EmbedJob[],
  outcome: Outcome,
): Promise<{ settled: number; edited: number }> {
  const { database, boss, table } = context;
  return await database.transaction(async (tx) => {
    const ours = await completeJobs(boss, tx, jobs, { outcome });
    const mine = jobs.filter((job) => ours.has(job.id));
    const edited = await findPending(tx, table, mine.map(idOf));
    await insertJobs(boss, tx, edited.map(liveJob));
    return { settled: mine.length, edited: edited.length };
  });
}

/**
 * Hands jobs back without costing them anything: completed and inserted anew in one transaction, their blocks
 * `pending`. pg-boss's own retry counts, and would put a block into `error` for an outage or a restart of ours.
 *
 * @returns those that were still ours
 */
export async function requeue(
  context: SettleContext,
  jobs: readonly EmbedJob[],
  reason: RequeueReason,
  delaySeconds: number,
): Promise<EmbedJob[]> {
  const { database, boss, table } = context;
  return await database.transaction(async (tx) => {
    const ours = await completeJobs(boss, tx, jobs, { outcome: 'superseded', requeued: reason });
    const mine = jobs.filter((job) => ours.has(job.id));
    const locked = await lockBlocks(
      tx,
      table,
      mine.map(({ data }) => data.blockId),
    );
    await leaveProcessing(tx, table, locked, 'pending');
    const delay = delaySeconds > 0 ? { startAfterSeconds: delaySeconds } : {};
    await insertJobs(
      boss,
      tx,
      mine.map((job) => ({ data: carriedOver(job), ...delay })),
    );
    return mine;
  });
}

/** What a job has gone through, for the one that replaces it. */
function carriedOver(job: EmbedJob): EmbedJobData {
  const { blockId, since, priority, failures } = job.data;
  const deaths = deathsOf(job);
  return {
    blockId,
    since,
    priority,
    ...(failures === undefined ? {} : { failures }),
    ...(deaths === 0 ? {} : { deaths }),
  };
}

/** Enqueues blocks again that are no longer what we worked on. */
async function supersede(
  { boss, schema, table }: SettleContext,
  tx: Queryable,
  blocks: readonly HeldBlock[],
  locked: ReadonlySet<string>,
): Promise<void> {
  if (blocks.length === 0) return;
  const ids = blocks.map(({ job }) => job.id);
  await boss.complete(QUEUE, ids, { outcome: 'superseded' }, { db: tx, includeQueued: true }); // those that failed wait in retry
  await setOutcome(tx, schema, ids, 'superseded');
  await leaveProcessing(
    tx,
    table,
    blocks.map(toBlockId).filter((id) => locked.has(id)),
    'pending',
  );
  const same = new Set(await findSameText(tx, table, blocks.map(sourceOf)));
  await insertJobs(
    boss,
    tx,
    blocks.map(({ job }) => (same.has(job.data.blockId) ? echo(job) : liveJob(job.data.blockId))),
  );
}

/**
 * A job for a block that was set `pending` under our hands while its text stayed the same. An edit and its undoing do
 * that, and so does a trigger that fires on our own write, for ever: each time in a row waits twice as long. An edit
 * ends the wait; its notification raises the job.
 */
function echo({ data: { blockId, echoes = 0 } }: EmbedJob): NewJob {
  const job = liveJob(blockId);
  const delaySeconds = echoes === 0 ? 0 : Math.min(ECHO_DELAY_MAX_SECONDS, 2 ** (echoes - 1));
  return {
    data: { ...job.data, echoes: echoes + 1 },
    ...(delaySeconds > 0 && { startAfterSeconds: delaySeconds }),
  };
}

/** @returns the ids of the jobs that were still ours */
async function completeJobs(
  boss: PgBoss,
  db: Queryable,
  jobs: readonly EmbedJob[],
  output: { readonly outcome: Outcome; readonly requeued?: RequeueReason },
): Promise<Set<string>> {
  if (jobs.length === 0) return new Set();
  const attempts = jobs.map(({ id, retryCount }) => ({ id, retryCount }));
  return settledIds(await boss.complete(QUEUE, attempts, output, { db }));
}

function held<T extends { readonly job: EmbedJob }>(blocks: readonly T[], ours: ReadonlySet<string>): T[] {
  return blocks.filter(({ job }) => ours.has(job.id));
}

const liveJob = (blockId: string) => newJob(blockId, PRIORITY.live, new Date());
const idOf = ({ data }: EmbedJob) => data.blockId;
const toJob = ({ job }: { readonly job: EmbedJob }) => job;
const toBlockId = ({ job }: { readonly job: EmbedJob }) => job.data.blockId;
const toStored = (block: EmbeddedBlock) => ({ ...sourceOf(block), vector: block.vector });
