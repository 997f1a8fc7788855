import type { Blocks } from '../blocks/blocks.js';
import { Rollback, type Queryable } from '../postgres/database.js';
import type { EmbedJob } from '../queue/job.js';
import { blockIdOf, jobOf, type Outcome, type Verdict, type VerdictOf } from './outcome.js';
import type { SettleContext } from './pipeline.js';
import { settleFailures } from './settle-failure.js';
import { settleHandBacks } from './settle-hand-back.js';
import { outcomeOf, settleJobs, type Settlement } from './settle-jobs.js';
import { editedJob, supersede } from './supersede.js';

/** What becomes of a job whose block another transaction has locked: another try later, or a new job now. */
export type IfLocked = 'leave' | 'supersede';

/**
 * Settles jobs and blocks together, in one transaction: an edit that commits before is seen here, and one that commits
 * after finds the job's key free. In this order:
 *
 * 1. The jobs, fenced to the attempts we fetched: a job that another worker took over in the meantime is not ours to write.
 * 2. The blocks' rows, locked in order of ids. If another transaction has locked some, this one is rolled back and
 *    starts again without their jobs, which have no outcome then; or they count as superseded.
 * 3. The blocks, in separate statements that compare the fingerprint with the current text.
 * 4. A new job for each block that needs more work: the old job is settled, so its key is free.
 *
 * Safe to run again after a COMMIT whose answer was lost: the attempts are then not ours, and nothing is written.
 */
export async function settle(
  context: SettleContext,
  verdicts: readonly Verdict[],
  ifLocked: IfLocked,
): Promise<Settlement> {
  const { database, blocks } = context;
  let open = verdicts.map((verdict) => fitted(verdict, blocks.table));
  while (open.length > 0) {
    const result = await database.transaction<Settlement | readonly Verdict[]>((tx) =>
      settleIn(tx, context, open, ifLocked),
    );
    if ('outcomes' in result) return result;
    const left = new Set(result);
    open = open.filter((verdict) => !left.has(verdict));
  }
  return { outcomes: new Map(), inserted: [] };
}

/** @returns the verdicts to leave if the transaction is to be rolled back because their rows are locked */
async function settleIn(
  tx: Queryable,
  context: SettleContext,
  verdicts: readonly Verdict[],
  ifLocked: IfLocked,
): Promise<Settlement | Rollback<readonly Verdict[]>> {
  const { queue, blocks } = context;
  const ours = await settleJobs(context, tx, verdicts);
  const of = <Kind extends Verdict['kind']>(kind: Kind) =>
    ours.filter((verdict): verdict is VerdictOf<Kind> => verdict.kind === kind);
  const closed = of('close');
  const locked = new Set(await blocks.lock(tx, ours.filter(({ kind }) => kind !== 'close').map(blockIdOf)));
  const isLocked = (verdict: Verdict) => locked.has(blockIdOf(verdict));
  const left = ours.filter((verdict) => canWait(verdict) && !isLocked(verdict));
  if (ifLocked === 'leave' && left.length > 0) return new Rollback(left);

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
    ...(await settleHandBacks(context, tx, of('hand-back'), locked)),
  ];
  await queue.insert(tx, inserted);

  const outcomes = new Map<EmbedJob, Outcome>(verdicts.map(({ job }) => [job, { kind: 'lost' }]));
  for (const verdict of ours) outcomes.set(verdict.job, failed.get(verdict.job) ?? outcomeOf(verdict));
  for (const { job } of [...superseded, ...reopened]) outcomes.set(job, { kind: 'superseded' });
  return { outcomes, inserted };
}

/** Whether a verdict may be settled later: a job that is handed back must not wait, and one that is closed locks no row. */
function canWait({ kind }: Verdict): boolean {
  return kind === 'store' || kind === 'skip' || kind === 'fail';
}

/** A vector whose size differs from the column's current one cannot be stored: its block is embedded again. */
function fitted(verdict: Verdict, { dimensions }: Blocks['table']): Verdict {
  if (verdict.kind !== 'store' || verdict.vector.length === dimensions) return verdict;
  return { kind: 'hand-back', job: verdict.job, reason: 'outage', delaySeconds: 0, claimed: true };
}

/**
 * Finds blocks that were edited since their jobs were closed as having nothing to do: the edit's notification found the
 * job active and inserted none.
 *
 * @returns the verdicts whose block is `pending` again
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

const toSource = ({ job, fingerprint }: VerdictOf<'skip'>) => ({ id: job.data.blockId, fingerprint });
const toStored = ({ job, fingerprint, vector }: VerdictOf<'store'>) => ({ id: job.data.blockId, fingerprint, vector });
