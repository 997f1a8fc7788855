import type { Blocks } from '../blocks/blocks.js';
import { WAITING } from '../blocks/status.js';
import type { Queryable } from '../postgres/database.js';
import { reactionTo } from '../postgres/sqlstate.js';
import { crashesOf, type EmbedJob, type EmbedJobData, type FailureReport } from '../queue/job.js';
import { blockIdOf, type Failure, type Outcome, type VerdictOf } from './outcome.js';
import type { SettleContext } from './pipeline.js';

type FailVerdict = VerdictOf<'fail'>;

/**
 * Puts the jobs of failed blocks into retry, with pg-boss's backoff.
 *
 * @returns the verdicts on jobs that this worker still held
 */
export async function failJobs(
  { queue }: SettleContext,
  tx: Queryable,
  failed: readonly FailVerdict[],
): Promise<FailVerdict[]> {
  const ours: FailVerdict[] = [];
  for (const verdict of [...failed].sort((a, b) => (a.job.id < b.job.id ? -1 : 1))) {
    const output = { outcome: 'retry', ...reportOf(verdict) };
    if (await queue.retry(tx, verdict.job, output)) ours.push(verdict);
  }
  return ours;
}

/**
 * Decides about blocks whose jobs `failJobs` put into retry and whose rows this transaction has locked: those that failed
 * too often are dead-lettered, with status `error`; the others become `pending`. A block whose text has changed is left
 * out: its current text has not failed.
 *
 * @returns the outcomes of those that were decided
 */
export async function settleFailures(
  context: SettleContext,
  tx: Queryable,
  failed: readonly Failure[],
): Promise<Map<EmbedJob, Outcome>> {
  const outcomes = new Map<EmbedJob, Outcome>();
  if (failed.length === 0) return outcomes;
  const { queue, blocks, retryLimit } = context;
  const decided = (await unchangedSince(context, tx, failed)).map((failure) => ({
    ...failure,
    final: failure.final || failuresOf(failure.job) > retryLimit,
  }));
  const final = decided.filter((failure) => failure.final);
  const waiting = decided.filter((failure) => !failure.final);

  for (const failure of final) {
    await queue.deadLetter(tx, failure.job.id, { outcome: 'failed', ...reportOf(failure) });
  }
  for (const { job } of waiting) await queue.setData(tx, job.id, afterFailure(job));
  await blocks.setStatus(tx, idsOf(final), 'error', ['processing']);
  await blocks.setStatus(tx, idsOf(waiting), 'pending', ['processing']);
  // A block that the database cannot read was not claimed, and may be pending.
  await blocks.setStatus(tx, idsOf(final.filter(({ fingerprint }) => fingerprint === null)), 'error', WAITING);
  for (const { job, reason, final: isFinal } of decided)
    outcomes.set(job, { kind: isFinal ? 'failed' : 'retry', reason });
  return outcomes;
}

/** The failures of blocks whose text has not changed since. */
async function unchangedSince(
  { blocks }: SettleContext,
  tx: Queryable,
  failed: readonly Failure[],
): Promise<readonly Failure[]> {
  const read = failed.flatMap(({ job, fingerprint }) =>
    fingerprint === null ? [] : [{ id: job.data.blockId, fingerprint }],
  );
  const unchanged = new Set(read.length === 0 ? [] : await blocks.unchanged(tx, read, 'processing'));
  for (const { job, fingerprint } of failed) {
    if (fingerprint === null && (await failsAgain(blocks, tx, job))) unchanged.add(job.data.blockId);
  }
  return failed.filter(({ job }) => unchanged.has(job.data.blockId));
}

/** Whether claiming the block fails again. Its row is locked, so this applies to its current text. */
async function failsAgain(blocks: Blocks, tx: Queryable, { data }: EmbedJob): Promise<boolean> {
  await tx.query('SAVEPOINT claim');
  try {
    await blocks.claim(tx, [data.blockId], 0, true);
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

const idsOf = (failures: readonly Failure[]) => failures.map(blockIdOf);
