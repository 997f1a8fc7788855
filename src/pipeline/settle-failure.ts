import { claimBlocks } from '../blocks/claim.js';
import { findUnchanged } from '../blocks/sql/find-unchanged.js';
import { setStatusIfProcessing } from '../blocks/sql/set-status-if-processing.js';
import { setUnreadError } from '../blocks/sql/set-unread-error.js';
import type { Queryable } from '../postgres/database.js';
import { reactionTo } from '../postgres/sqlstate.js';
import { crashesOf, QUEUE, type EmbedJob, type EmbedJobData, type FailureReport } from '../queue/job.js';
import { settledIds } from '../queue/settled-ids.js';
import { endRetries } from '../queue/sql/end-retries.js';
import type { Failure, Outcome, Verdict } from './outcome.js';
import type { SettleContext } from './settle.js';

type FailVerdict = Extract<Verdict, { readonly kind: 'fail' }>;

/**
 * Puts the jobs of failed blocks into retry, with pg-boss's backoff.
 *
 * @returns the verdicts on jobs that were still ours
 */
export async function failJobs(
  { boss }: SettleContext,
  tx: Queryable,
  failed: readonly FailVerdict[],
): Promise<FailVerdict[]> {
  const ours: FailVerdict[] = [];
  for (const verdict of [...failed].sort((a, b) => (a.job.id < b.job.id ? -1 : 1))) {
    const { id, retryCount } = verdict.job;
    const output = { outcome: 'retry', ...reportOf(verdict) };
    if (settledIds(await boss.fail(QUEUE, { id, retryCount }, output, { db: tx })).has(id)) ours.push(verdict);
  }
  return ours;
}

/**
 * Judges blocks whose jobs wait in retry since `failJobs` and whose rows this transaction has locked: those that failed
 * too often are dead-lettered, with status `error`; the others are `pending`. A block whose text is another by now is not
 * judged: it did not fail.
 *
 * @returns the outcomes of those that were judged
 */
export async function settleFailures(
  context: SettleContext,
  tx: Queryable,
  failed: readonly Failure[],
): Promise<Map<EmbedJob, Outcome>> {
  const outcomes = new Map<EmbedJob, Outcome>();
  if (failed.length === 0) return outcomes;
  const { boss, schema, table, retryLimit } = context;
  const judged = (await unchangedSince(context, tx, failed)).map((failure) => ({
    ...failure,
    final: failure.final || failuresOf(failure.job) > retryLimit,
  }));
  const final = judged.filter((failure) => failure.final);
  const waiting = judged.filter((failure) => !failure.final);

  await endRetries(
    tx,
    schema,
    final.map(({ job }) => job.id),
  );
  for (const failure of final) {
    await boss.fail(QUEUE, failure.job.id, { outcome: 'failed', ...reportOf(failure) }, { db: tx });
  }
  for (const { job } of waiting) await boss.update(QUEUE, afterFailure(job), { id: job.id, db: tx });
  await setStatusIfProcessing(tx, table, idsOf(final), 'error');
  await setStatusIfProcessing(tx, table, idsOf(waiting), 'pending');
  await setUnreadError(tx, table, idsOf(final.filter(({ fingerprint }) => fingerprint === null)));
  for (const { job, reason, final: isFinal } of judged)
    outcomes.set(job, { kind: isFinal ? 'failed' : 'retry', reason });
  return outcomes;
}

/** Which failures are of the text that the blocks hold now. */
async function unchangedSince(
  { table }: SettleContext,
  tx: Queryable,
  failed: readonly Failure[],
): Promise<readonly Failure[]> {
  const read = failed.flatMap(({ job, fingerprint }) =>
    fingerprint === null ? [] : [{ id: job.data.blockId, fingerprint }],
  );
  const unchanged = new Set(read.length === 0 ? [] : await findUnchanged(tx, table, read, 'processing'));
  for (const { job, fingerprint } of failed) {
    if (fingerprint === null && (await stillFails(table, tx, job))) unchanged.add(job.data.blockId);
  }
  return failed.filter(({ job }) => unchanged.has(job.data.blockId));
}

/** Whether the claim of a block fails again. Its row is locked, so that this says so of the text that it holds now. */
async function stillFails(table: SettleContext['table'], tx: Queryable, { data }: EmbedJob): Promise<boolean> {
  await tx.query('SAVEPOINT claim');
  try {
    await claimBlocks(tx, table, [data.blockId], 0, true);
    return false;
  } catch (error) {
    if (reactionTo(error) !== 'split') throw error;
    return true;
  } finally {
    await tx.query('ROLLBACK TO SAVEPOINT claim');
  }
}

function failuresOf(job: EmbedJob): number {
  return (job.data.failures ?? 0) + 1;
}

function reportOf({ job, reason, message, fingerprint }: Failure): FailureReport {
  const at = new Date().toISOString();
  return { reason, message, failures: failuresOf(job), crashes: crashesOf(job), at, fingerprint };
}

function afterFailure(job: EmbedJob): EmbedJobData {
  const crashes = crashesOf(job);
  return { ...job.data, failures: failuresOf(job), ...(crashes > 0 && { crashes }), counted: job.retryCount + 1 };
}

const idsOf = (failures: readonly Failure[]) => failures.map(({ job }) => job.data.blockId);
