import type { Blocks } from '../blocks/blocks.js';
import type { Database, Queryable } from '../postgres/database.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import { crashesOf, PRIORITY, type EmbedJob, type EmbedJobData } from '../queue/job.js';
import { newJob, type NewJob } from '../queue/new-job.js';
import type { Outcome, Verdict } from './outcome.js';
import { failJobs, settleFailures } from './settle-failure.js';
import { supersede } from './supersede.js';

/** What settling a job needs. */
export interface SettleContext {
  readonly database: Database;
  readonly queue: EmbedQueue;
  readonly blocks: Blocks;
  /** Failures of its own after which a block is dead-lettered. */
  readonly retryLimit: number;
}

/** What a settlement came to. */
export interface Settlement {
  /** One for each verdict. */
  readonly outcomes: Map<EmbedJob, Outcome>;
  /** Jobs that are in the queue since, in the place of those that were settled. */
  readonly inserted: readonly NewJob[];
}

type VerdictOf<Kind extends Verdict['kind']> = Extract<Verdict, { readonly kind: Kind }>;

/**
 * Settles jobs and blocks together, in one transaction, so that an edit which commits before is seen here and one that
 * commits after finds the job's key free. In this order:
 *
 * 1. The jobs, fenced to the attempts we fetched: what another worker took over while we were away is not ours to write.
 * 2. The blocks' rows, locked in order of ids. A row that someone else has locked is being changed: superseded.
 * 3. The blocks, in statements of their own that check the fingerprint against what is there now.
 * 4. For each block that is to be worked on again a new job: the old one is settled, so the key is free.
 *
 * Safe to run again after a COMMIT whose answer was lost: the attempts are then not ours, and nothing is written.
 */
export async function settle(context: SettleContext, verdicts: readonly Verdict[]): Promise<Settlement> {
  const { database, queue, blocks } = context;
  const fitting = verdicts.map((verdict) => fitted(verdict, blocks.table));
  return await database.transaction(async (tx) => {
    const ours = await settleJobs(context, tx, fitting);
    const of = <Kind extends Verdict['kind']>(kind: Kind) =>
      ours.filter((verdict): verdict is VerdictOf<Kind> => verdict.kind === kind);
    const closed = of('close');
    const locked = new Set(await blocks.lock(tx, ours.filter(({ kind }) => kind !== 'close').map(blockIdOf)));
    const isLocked = (verdict: Verdict) => locked.has(blockIdOf(verdict));

    const stored = new Set(await blocks.store(tx, of('store').filter(isLocked).map(toStored)));
    const skipped = new Set(await blocks.skip(tx, of('skip').filter(isLocked).map(toSource)));
    const failed = await settleFailures(context, tx, of('fail').filter(isLocked));
    const reopened = await reopenClosed(context, tx, closed);
    const superseded = [
      ...of('store').filter((verdict) => !stored.has(blockIdOf(verdict))),
      ...of('skip').filter((verdict) => !skipped.has(blockIdOf(verdict))),
      ...of('fail').filter(({ job }) => !failed.has(job)),
    ];
    const inserted = [
      ...(await supersede(context, tx, superseded, locked)),
      ...reopened.map(({ job }) => editedJob(job)),
      ...(await handBack(context, tx, of('hand-back'), locked)),
    ];
    await queue.insert(tx, inserted);

    const outcomes = new Map<EmbedJob, Outcome>(verdicts.map(({ job }) => [job, { kind: 'lost' }]));
    for (const verdict of ours) outcomes.set(verdict.job, failed.get(verdict.job) ?? outcomeOf(verdict));
    for (const { job } of [...superseded, ...reopened]) outcomes.set(job, { kind: 'superseded' });
    return { outcomes, inserted };
  });
}

/**
 * Hands jobs back without their blocks, where these cannot be written: the sweep sets the blocks `pending` once they can.
 *
 * @param delaySeconds before the jobs are ready
 */
export async function handBackJobs(
  { database, queue }: Pick<SettleContext, 'database' | 'queue'>,
  verdicts: readonly VerdictOf<'hand-back'>[],
): Promise<Settlement> {
  return await database.transaction(async (tx) => {
    const ours = await completeJobs({ queue }, tx, verdicts);
    const raised = await queue.raisedSince(tx, ours.filter(isBacklog).map(jobOf));
    const inserted = ours.map((verdict) => returned(verdict, raised.has(verdict.job.id)));
    await queue.insert(tx, inserted);
    const outcomes = new Map<EmbedJob, Outcome>(verdicts.map(({ job }) => [job, { kind: 'lost' }]));
    for (const verdict of ours) outcomes.set(verdict.job, outcomeOf(verdict));
    return { outcomes, inserted };
  });
}

/** A vector of another size than the column has by now cannot be stored: its block is embedded again. */
function fitted(verdict: Verdict, { dimensions }: Blocks['table']): Verdict {
  if (verdict.kind !== 'store' || verdict.vector.length === dimensions) return verdict;
  return { kind: 'hand-back', job: verdict.job, reason: 'outage', delaySeconds: 0, claimed: true };
}

/** @returns the verdicts on jobs that were still ours, which are settled now */
async function settleJobs(context: SettleContext, tx: Queryable, verdicts: readonly Verdict[]): Promise<Verdict[]> {
  const failures = verdicts.filter((verdict) => verdict.kind === 'fail');
  const completed = verdicts.filter((verdict) => verdict.kind !== 'fail');
  return [...(await completeJobs(context, tx, completed)), ...(await failJobs(context, tx, failures))];
}

/** One statement for each outcome. @returns the verdicts on jobs that were still ours */
async function completeJobs<V extends Exclude<Verdict, { kind: 'fail' }>>(
  { queue }: Pick<SettleContext, 'queue'>,
  tx: Queryable,
  verdicts: readonly V[],
): Promise<V[]> {
  const ours: V[] = [];
  for (const [, group] of Map.groupBy(verdicts, (verdict) => JSON.stringify(outputOf(verdict)))) {
    const [first] = group;
    if (first === undefined) continue;
    const settled = await queue.complete(tx, group.map(jobOf), outputOf(first));
    ours.push(...group.filter(({ job }) => settled.has(job.id)));
  }
  return ours;
}

/** What is written into the job's output. */
function outputOf(verdict: Exclude<Verdict, { kind: 'fail' }>): object {
  const outcome = outcomeOf(verdict);
  return outcome.kind === 'handed-back' ? { outcome: outcome.kind, reason: outcome.reason } : { outcome: outcome.kind };
}

/** What a verdict comes to, where nothing has changed since. */
function outcomeOf(verdict: Verdict): Outcome {
  switch (verdict.kind) {
    case 'store':
      return { kind: 'stored' };
    case 'skip':
      return { kind: 'skipped' };
    case 'close':
      return { kind: verdict.as };
    case 'hand-back':
      return { kind: 'handed-back', reason: verdict.reason };
    case 'fail':
      return { kind: 'retry', reason: verdict.reason };
  }
}

/**
 * Jobs that had nothing to do when they were claimed: an edit may have come since, whose notification found the job active.
 *
 * @returns those whose block is `pending` again
 */
async function reopenClosed(
  { queue, blocks }: SettleContext,
  tx: Queryable,
  closed: readonly VerdictOf<'close'>[],
): Promise<VerdictOf<'close'>[]> {
  const ours = closed.filter(({ as }) => as !== 'unreadable');
  if (ours.length === 0) return [];
  const skipped = ours.filter(({ as }) => as === 'skipped').map(blockIdOf);
  await blocks.clearStaleVectors(tx, skipped);
  const pending = new Set(await blocks.pending(tx, ours.map(blockIdOf)));
  const edited = ours.filter((verdict) => pending.has(blockIdOf(verdict)));
  if (edited.length > 0) await queue.markSuperseded(tx, edited.map(jobOf));
  return edited;
}

/** Sets blocks `pending` whose jobs are handed back. @returns the jobs to insert: an edit made meanwhile stays an edit */
async function handBack(
  { queue, blocks }: SettleContext,
  tx: Queryable,
  verdicts: readonly VerdictOf<'hand-back'>[],
  locked: ReadonlySet<string>,
): Promise<NewJob[]> {
  if (verdicts.length === 0) return [];
  const lockedIds = verdicts.map(blockIdOf).filter((id) => locked.has(id));
  const pending = new Set(await blocks.pending(tx, lockedIds));
  await blocks.setStatusIfProcessing(tx, lockedIds, 'pending');
  const raised = await queue.raisedSince(tx, verdicts.filter(isBacklog).map(jobOf));
  return verdicts.map((verdict) =>
    returned(verdict, raised.has(verdict.job.id) || (verdict.claimed && pending.has(blockIdOf(verdict)))),
  );
}

/** The job in the place of one that is handed back. */
function returned({ job, delaySeconds, slow }: VerdictOf<'hand-back'>, isEdited: boolean): NewJob {
  const delay = delaySeconds > 0 ? { startAfterSeconds: delaySeconds } : {};
  if (isEdited) return { ...editedJob(job), ...delay };
  return { data: { ...carriedOver(job), ...(slow === true && { slow }) }, ...delay };
}

/** What a job has gone through, for the one in its place. */
function carriedOver(job: EmbedJob): EmbedJobData {
  const { blockId, since, priority, failures, slow } = job.data;
  const crashes = crashesOf(job);
  return {
    blockId,
    since,
    priority,
    ...(failures === undefined ? {} : { failures }),
    ...(crashes === 0 ? {} : { crashes }),
    ...(slow === undefined ? {} : { slow }),
  };
}

const editedJob = ({ data }: EmbedJob) => newJob(data.blockId, PRIORITY.live, new Date());
const isBacklog = ({ job }: Verdict) => job.data.priority < PRIORITY.live;
const jobOf = ({ job }: Verdict) => job;
const blockIdOf = ({ job }: Verdict) => job.data.blockId;
const toSource = ({ job, fingerprint }: VerdictOf<'skip'>) => ({ id: job.data.blockId, fingerprint });
const toStored = ({ job, fingerprint, vector }: VerdictOf<'store'>) => ({ id: job.data.blockId, fingerprint, vector });
