import type { PgBoss } from 'pg-boss';
import { findSameText } from '../blocks/find-same-text.js';
import { leaveProcessing } from '../blocks/leave-processing.js';
import type { Queryable } from '../database/database.js';
import { sourceOf, type HeldBlock } from './held-block.js';
import { deathsOf, QUEUE, type EmbedJob, type EmbedJobData, type FailureReport } from './job.js';
import type { SettleContext } from './settle-context.js';
import { settledIds } from './settled-ids.js';
import { endRetries } from './sql/end-retries.js';

/** A block that failed by its own fault. */
export interface FailedBlock extends HeldBlock {
  /** A stable code. */
  readonly reason: string;
  readonly message: string;
  /** Whether no further try is worth it. */
  readonly final: boolean;
}

export interface SettledFailure {
  readonly job: EmbedJob;
  readonly reason: string;
  readonly final: boolean;
}

/**
 * Puts the jobs of failed blocks into retry, with pg-boss's backoff.
 *
 * @returns the ids of those that were still ours
 */
export async function failHeld(boss: PgBoss, tx: Queryable, failed: readonly FailedBlock[]): Promise<Set<string>> {
  const ours = new Set<string>();
  for (const block of [...failed].sort((a, b) => (a.job.id < b.job.id ? -1 : 1))) {
    const attempt = { id: block.job.id, retryCount: block.job.retryCount };
    for (const id of settledIds(await boss.fail(QUEUE, attempt, reportOf(block), { db: tx }))) ours.add(id);
  }
  return ours;
}

/**
 * Judges blocks whose jobs wait in retry since `failHeld` and whose rows this transaction has locked: those that
 * failed too often are set aside, with a dead letter and status `error`; the others are `pending`. A block whose text
 * is another by now is not judged: it did not fail.
 *
 * @returns the blocks that were judged
 */
export async function settleFailed(
  { boss, schema, table, retryLimit }: SettleContext,
  tx: Queryable,
  failed: readonly FailedBlock[],
): Promise<SettledFailure[]> {
  if (failed.length === 0) return [];
  const sources = failed.map(sourceOf);
  const unchanged = new Set(await findSameText(tx, table, sources, 'processing'));
  const judged = failed
    .filter(({ job }) => unchanged.has(job.data.blockId))
    .map((block) => ({ ...block, final: block.final || failuresOf(block.job) > retryLimit }));
  const setAside = judged.filter(({ final }) => final);
  const waiting = judged.filter(({ final }) => !final);

  await endRetries(
    tx,
    schema,
    setAside.map(({ job }) => job.id),
  );
  for (const block of setAside) await boss.fail(QUEUE, block.job.id, reportOf(block), { db: tx });
  for (const { job } of waiting) await boss.update(QUEUE, afterFailure(job), { id: job.id, db: tx });
  await leaveProcessing(
    tx,
    table,
    setAside.map(({ job }) => job.data.blockId),
    'error',
  );
  await leaveProcessing(
    tx,
    table,
    waiting.map(({ job }) => job.data.blockId),
    'pending',
  );
  return judged.map(({ job, reason, final }) => ({ job, reason, final }));
}

function failuresOf(job: EmbedJob): number {
  return (job.data.failures ?? 0) + 1;
}

function reportOf({ job, reason, message, fingerprint }: FailedBlock): FailureReport {
  const at = new Date().toISOString();
  return { reason, message, failures: failuresOf(job), deaths: deathsOf(job), at, fingerprint };
}

function afterFailure(job: EmbedJob): EmbedJobData {
  const deaths = deathsOf(job);
  return { ...job.data, failures: failuresOf(job), ...(deaths > 0 && { deaths }), counted: job.retryCount + 1 };
}
