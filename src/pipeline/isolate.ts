import { isEnvironmental, reactionTo } from '../postgres/sqlstate.js';
import { errorCode } from '../base/errors.js';
import type { EmbedJob } from '../queue/job.js';
import { runBatch, settleVerdicts } from './batch.js';
import { claim, handBackLocked } from './claim.js';
import { handBackJobsOnly, handBackVerdict } from './hand-back.js';
import type { Outcomes, Verdict } from './outcome.js';
import { withRetry } from '../postgres/with-retry.js';
import type { Pipeline } from './pipeline.js';

/** Delay before a block is tried again whose statement timed out. */
const TIMEOUT_RETRY_SECONDS = 2;
/** Delay before a block is tried again that the database refuses to update. An edit ends it. */
const UNWRITABLE_RETRY_SECONDS = 300;

/**
 * Processes jobs. A batch that fails because of a database error that one of its blocks may have caused is split until
 * the failing block is alone; the others are not affected.
 *
 * @throws errors that no block caused
 */
export async function runIsolating(
  pipeline: Pipeline,
  jobs: readonly EmbedJob[],
  outcomes: Outcomes,
  signal: AbortSignal,
): Promise<void> {
  try {
    await runBatch(pipeline, jobs, outcomes, 'grouped', signal);
    pipeline.timeouts.succeeded();
  } catch (error) {
    if (isCausedByNoBlock(error, pipeline, signal)) throw error;
    const open = outcomes.unsettled(jobs);
    const blocks = open.length;
    if (isEnvironmental(error)) {
      pipeline.log.warn('batch failed, perhaps not because of its blocks; trying each block alone', { error, blocks });
    } else {
      pipeline.log.error('batch failed; splitting it', { error, blocks });
    }
    await split(pipeline, open, isEnvironmental(error), outcomes, signal);
  }
}

/** @param singly whether to try each block alone at once: after a timeout, each half would take as long again */
async function split(
  pipeline: Pipeline,
  jobs: readonly EmbedJob[],
  singly: boolean,
  outcomes: Outcomes,
  signal: AbortSignal,
): Promise<void> {
  const middle = Math.ceil(jobs.length / 2);
  const parts = singly || jobs.length < 3 ? jobs.map((job) => [job]) : [jobs.slice(0, middle), jobs.slice(middle)];
  for (const part of parts) {
    const [first, ...others] = part;
    if (first === undefined) continue;
    if (others.length === 0) {
      await runAlone(pipeline, first, outcomes, signal);
      continue;
    }
    try {
      await runBatch(pipeline, part, outcomes, 'direct', signal);
      pipeline.timeouts.succeeded();
    } catch (error) {
      if (isCausedByNoBlock(error, pipeline, signal)) throw error;
      await split(pipeline, outcomes.unsettled(part), isEnvironmental(error), outcomes, signal);
    }
  }
}

/** Processes one job in separate statements, and settles it whatever error its block causes. */
async function runAlone(pipeline: Pipeline, job: EmbedJob, outcomes: Outcomes, signal: AbortSignal): Promise<void> {
  const { timeouts, hold } = pipeline;
  try {
    await runBatch(pipeline, [job], outcomes, 'direct', signal);
    timeouts.succeeded();
  } catch (error) {
    if (isCausedByNoBlock(error, pipeline, signal)) throw error;
    if (!isEnvironmental(error)) return await fail(pipeline, job, error, outcomes, signal);
    if (!timeouts.isRepeated(job, error)) return await delay(pipeline, job, error, outcomes, signal);
    hold.report(error);
    try {
      await withRetry(pipeline, signal, () => runBatch(pipeline, [job], outcomes, 'direct', signal));
      timeouts.succeeded();
    } catch (again) {
      if (isCausedByNoBlock(again, pipeline, signal)) throw again;
      await delay(pipeline, job, again, outcomes, signal);
    }
  }
}

/** A timeout says nothing about the block: it is tried again later, at no cost. */
async function delay(
  pipeline: Pipeline,
  job: EmbedJob,
  error: unknown,
  outcomes: Outcomes,
  signal: AbortSignal,
): Promise<void> {
  const reason = errorCode(error) === '55P03' ? 'locked' : 'timeout';
  await settleAlone(pipeline, handBackVerdict(job, reason, TIMEOUT_RETRY_SECONDS), outcomes, signal);
}

/** Counts a failure against the block. */
async function fail(
  pipeline: Pipeline,
  job: EmbedJob,
  error: unknown,
  outcomes: Outcomes,
  signal: AbortSignal,
): Promise<void> {
  pipeline.log.error('block failed unexpectedly', { error, blockId: job.data.blockId });
  await settleAlone(pipeline, await failureOf(pipeline, job, error, signal), outcomes, signal);
}

/** The failure of the block's current text; if that needs no embedding, the verdict of the claim instead. */
async function failureOf(pipeline: Pipeline, job: EmbedJob, error: unknown, signal: AbortSignal): Promise<Verdict> {
  // Neither message nor detail: a database's errors may repeat what they refused.
  const code = errorCode(error);
  const message = `the worker failed on this block${code === undefined ? '' : ` (${code})`}: see its log`;
  const reason = code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? 'DATABASE_REJECTED' : 'UNEXPECTED';
  try {
    const { claimed, verdicts } = await claim(pipeline, [job], { mode: 'direct', oversized: true }, signal);
    const [first] = claimed;
    if (first !== undefined) {
      return { kind: 'fail', job, fingerprint: first.block.fingerprint, reason, message, final: false };
    }
    return verdicts[0] ?? handBackLocked(job);
  } catch (failure) {
    if (isCausedByNoBlock(failure, pipeline, signal)) throw failure;
    if (isEnvironmental(failure)) return handBackVerdict(job, 'timeout', TIMEOUT_RETRY_SECONDS);
    // The database cannot read the block's content, and another attempt would not change that.
    return { kind: 'fail', job, fingerprint: null, reason, message, final: true };
  }
}

/** Settles a job alone. If its block cannot be written, only the job is handed back. */
async function settleAlone(
  pipeline: Pipeline,
  verdict: Verdict,
  outcomes: Outcomes,
  signal: AbortSignal,
): Promise<void> {
  try {
    await settleVerdicts(pipeline, [verdict], outcomes, 'direct', signal);
  } catch (error) {
    if (isCausedByNoBlock(error, pipeline, signal)) throw error;
    const { job } = verdict;
    const { blockId } = job.data;
    if (isEnvironmental(error)) {
      pipeline.log.warn('block cannot be written yet; its job is delayed', { error, blockId });
      await handBackJobsOnly(pipeline, [job], 'timeout', TIMEOUT_RETRY_SECONDS, outcomes);
    } else {
      pipeline.log.error('block cannot be written; its job is delayed', { error, blockId });
      await handBackJobsOnly(pipeline, [job], 'outage', UNWRITABLE_RETRY_SECONDS, outcomes);
    }
  }
}

/** Whether none of the blocks can have caused an error: the database is away, or the work was aborted. */
function isCausedByNoBlock(error: unknown, { giveUp, draining }: Pipeline, signal: AbortSignal): boolean {
  if (reactionTo(error) === 'retry' || giveUp.aborted) return true;
  return (signal.aborted && error === signal.reason) || (draining.aborted && error === draining.reason);
}
