import type { PgBoss } from 'pg-boss';
import { clearSkippedVectors } from '../blocks/sql/clear-skipped.js';
import { findPending } from '../blocks/sql/find-pending.js';
import { setStatusIfProcessing } from '../blocks/sql/set-status-if-processing.js';
import { lockBlocks } from '../blocks/sql/lock.js';
import { skipBlocks } from '../blocks/sql/skip.js';
import { storeVectors } from '../blocks/sql/store.js';
import type { BlocksTable } from '../blocks/table.js';
import type { Database, Queryable } from '../postgres/database.js';
import { insertJobs, newJob, type NewJob } from '../queue/enqueue.js';
import { crashesOf, PRIORITY, QUEUE, type EmbedJob, type EmbedJobData } from '../queue/job.js';
import { settledIds } from '../queue/settled-ids.js';
import { findRaised } from '../queue/sql/find-raised.js';
import { setOutcome } from '../queue/sql/set-outcome.js';
import type { Outcome, Verdict } from './outcome.js';
import { failJobs, settleFailures } from './settle-failure.js';
import { supersede } from './supersede.js';

/** What settling a job needs. */
export interface SettleContext {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly schema: string;
  readonly table: BlocksTable;
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
  const { database, table } = context;
  const fitting = verdicts.map((verdict) => fitted(verdict, table));
  return await database.transaction(async (tx) => {
    const ours = await settleJobs(context, tx, fitting);
    const of = <Kind extends Verdict['kind']>(kind: Kind) =>
      ours.filter((verdict): verdict is VerdictOf<Kind> => verdict.kind === kind);
    const closed = of('close');
    const locked = new Set(await lockBlocks(tx, table, ours.filter(({ kind }) => kind !== 'close').map(blockIdOf)));
    const isLocked = (verdict: Verdict) => locked.has(blockIdOf(verdict));

    const stored = new Set(await storeVectors(tx, database, table, of('store').filter(isLocked).map(toStored)));
    const skipped = new Set(await skipBlocks(tx, table, of('skip').filter(isLocked).map(toSource)));
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
    await insertJobs(context.boss, tx, inserted);

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
  { database, boss, schema }: Pick<SettleContext, 'database' | 'boss' | 'schema'>,
  verdicts: readonly VerdictOf<'hand-back'>[],
): Promise<Settlement> {
  return await database.transaction(async (tx) => {
    const ours = await completeJobs({ boss }, tx, verdicts);
    const raised = await findRaised(
      tx,
      schema,
      ours.filter(isBacklog).map(({ job }) => job.id),
    );
    const inserted = ours.map((verdict) => returned(verdict, raised.has(verdict.job.id)));
    await insertJobs(boss, tx, inserted);
    const outcomes = new Map<EmbedJob, Outcome>(verdicts.map(({ job }) => [job, { kind: 'lost' }]));
    for (const verdict of ours) outcomes.set(verdict.job, outcomeOf(verdict));
    return { outcomes, inserted };
  });
}

/** A vector of another size than the column has by now cannot be stored: its block is embedded again. */
function fitted(verdict: Verdict, { dimensions }: BlocksTable): Verdict {
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
  { boss }: Pick<SettleContext, 'boss'>,
  tx: Queryable,
  verdicts: readonly V[],
): Promise<V[]> {
  const ours: V[] = [];
  for (const [, group] of Map.groupBy(verdicts, (verdict) => JSON.stringify(outputOf(verdict)))) {
    const [first] = group;
    if (first === undefined) continue;
    const attempts = group.map(({ job: { id, retryCount } }) => ({ id, retryCount }));
    const settled = settledIds(await boss.complete(QUEUE, attempts, outputOf(first), { db: tx }));
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
  { schema, table }: SettleContext,
  tx: Queryable,
  closed: readonly VerdictOf<'close'>[],
): Promise<VerdictOf<'close'>[]> {
  const ours = closed.filter(({ as }) => as !== 'unreadable');
  if (ours.length === 0) return [];
  const skipped = ours.filter(({ as }) => as === 'skipped').map(blockIdOf);
  if (skipped.length > 0) await clearSkippedVectors(tx, table, skipped, skipped.length);
  const pending = new Set(await findPending(tx, table, ours.map(blockIdOf)));
  const edited = ours.filter((verdict) => pending.has(blockIdOf(verdict)));
  if (edited.length > 0) {
    await setOutcome(
      tx,
      schema,
      edited.map(({ job }) => job.id),
      'superseded',
    );
  }
  return edited;
}

/** Sets blocks `pending` whose jobs are handed back. @returns the jobs to insert: an edit made meanwhile stays an edit */
async function handBack(
  { schema, table }: SettleContext,
  tx: Queryable,
  verdicts: readonly VerdictOf<'hand-back'>[],
  locked: ReadonlySet<string>,
): Promise<NewJob[]> {
  if (verdicts.length === 0) return [];
  const lockedIds = verdicts.map(blockIdOf).filter((id) => locked.has(id));
  const pending = new Set(await findPending(tx, table, lockedIds));
  await setStatusIfProcessing(tx, table, lockedIds, 'pending');
  const raised = await findRaised(
    tx,
    schema,
    verdicts.filter(isBacklog).map(({ job }) => job.id),
  );
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
const blockIdOf = ({ job }: Verdict) => job.data.blockId;
const toSource = ({ job, fingerprint }: VerdictOf<'skip'>) => ({ id: job.data.blockId, fingerprint });
const toStored = ({ job, fingerprint, vector }: VerdictOf<'store'>) => ({ id: job.data.blockId, fingerprint, vector });
