import { DrainingError } from '../embedder/errors.js';
import { withRetry } from '../postgres/with-retry.js';
import type { EmbedJob } from '../queue/job.js';
import { settleVerdicts } from './batch.js';
import type { HandBackReason, Outcomes, VerdictOf } from './outcome.js';
import type { Pipeline } from './pipeline.js';
import { report } from './report.js';
import { settleJobsOnly } from './settle-hand-back.js';

/**
 * Hands jobs back because a signal was aborted. If their blocks cannot be written, the jobs alone are handed back.
 *
 * @param ended the signal: at shutdown its reason is a `DrainingError`
 */
export async function handBack(
  pipeline: Pipeline,
  jobs: readonly EmbedJob[],
  outcomes: Outcomes,
  ended: AbortSignal,
): Promise<void> {
  const reason = ended.reason instanceof DrainingError ? 'shutdown' : 'outage';
  const verdicts = jobs.map((job) => handBackVerdict(job, reason));
  try {
    await settleVerdicts(pipeline, verdicts, outcomes, 'direct', ended);
  } catch (error) {
    pipeline.log.debug('blocks cannot be written; handing back their jobs alone', { error, blocks: jobs.length });
    await handBackJobsOnly(pipeline, outcomes.unsettled(jobs), reason, 0, outcomes);
  }
}

/** Hands jobs back without writing their blocks, whose status the sweep resets. */
export async function handBackJobsOnly(
  pipeline: Pipeline,
  jobs: readonly EmbedJob[],
  reason: HandBackReason,
  delaySeconds: number,
  outcomes: Outcomes,
): Promise<void> {
  const verdicts = jobs.map((job) => handBackVerdict(job, reason, delaySeconds));
  // No block is written, so only a lock on pg-boss's tables can delay it.
  const explains = (error: unknown) => pipeline.hold.explainsForAll(error);
  const options = { ...pipeline, explains, runsWhileHeld: true };
  const settlement = await withRetry(options, pipeline.giveUp, () => settleJobsOnly(pipeline, verdicts));
  report(settlement, pipeline);
  for (const [job, outcome] of settlement.outcomes) outcomes.set(job, outcome);
}

/** Hands back a job whose block this attempt may not have claimed. */
export function handBackVerdict(job: EmbedJob, reason: HandBackReason, delaySeconds = 0): VerdictOf<'hand-back'> {
  return { kind: 'hand-back', job, reason, delaySeconds, claimed: false };
}
