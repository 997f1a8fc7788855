import { isEnvironmental, reactionTo } from '../postgres/sqlstate.js';
import { errorCode } from '../base/errors.js';
import type { EmbedJob } from '../queue/job.js';
import { runBatch, settleVerdicts } from './batch.js';
import { claim } from './claim.js';
import { handBackJobs } from './settle.js';
import { report } from './report.js';
import type { HandBackReason, Outcomes, Verdict } from './outcome.js';
import { withRetry } from '../postgres/with-retry.js';
import type { Pipeline } from './pipeline.js';

/** A block for which a statement waited too long is tried again after so long. */
const TIMEOUT_RETRY_SECONDS = 2;
/** A block that the database refuses to update is tried again after so long. An edit ends the wait. */
const UNWRITABLE_RETRY_SECONDS = 300;

/** What a statement is told that waited too long is the environment's doing, once it happens to two blocks in a row. */
export class Delays {
  #last: { readonly blockId: string; readonly code: string | undefined } | undefined;

  /** @returns whether the block before failed alone in the same way, with no success in between */
  isRepeated({ data: { blockId } }: EmbedJob, error: unknown): boolean {
    const last = this.#last;
    this.#last = { blockId, code: errorCode(error) };
    return last !== undefined && last.blockId !== blockId && last.code === this.#last.code;
  }

  succeeded(): void {
    this.#last = undefined;
  }
}

/**
 * Works off jobs. A batch that the database fails in a way that one of its blocks may have caused is split until the
 * failing block is alone; the others are none the worse for it.
 *
 * @throws what is no block's fault
 */
export async function runIsolating(
  pipeline: Pipeline,
  jobs: readonly EmbedJob[],
  outcomes: Outcomes,
  delays: Delays,
  signal: AbortSignal,
): Promise<void> {
  try {
    await runBatch(pipeline, jobs, outcomes, 'grouped', signal);
    delays.succeeded();
  } catch (error) {
    if (isNoBlocks(error, pipeline, signal)) throw error;
    const open = outcomes.unsettled(jobs);
    const blocks = open.length;
    if (isEnvironmental(error)) {
      pipeline.log.warn('batch failed, perhaps not because of its blocks; trying each block alone', { error, blocks });
    } else {
      pipeline.log.error('batch failed; splitting it', { error, blocks });
    }
    await split(pipeline, open, isEnvironmental(error), outcomes, delays, signal);
  }
}

/** @param singly whether each block is tried alone at once: what timed out would take as long for each half */
async function split(
  pipeline: Pipeline,
  jobs: readonly EmbedJob[],
  singly: boolean,
  outcomes: Outcomes,
  delays: Delays,
  signal: AbortSignal,
): Promise<void> {
  const middle = Math.ceil(jobs.length / 2);
  const parts = singly || jobs.length < 3 ? jobs.map((job) => [job]) : [jobs.slice(0, middle), jobs.slice(middle)];
  for (const part of parts) {
    const [first, ...others] = part;
    if (first === undefined) continue;
    if (others.length === 0) {
      await runAlone(pipeline, first, outcomes, delays, signal);
      continue;
    }
    try {
      await runBatch(pipeline, part, outcomes, 'direct', signal);
      delays.succeeded();
    } catch (error) {
      if (isNoBlocks(error, pipeline, signal)) throw error;
      await split(pipeline, outcomes.unsettled(part), isEnvironmental(error), outcomes, delays, signal);
    }
  }
}

/** Works off one job in statements of its own, and settles it whatever the database says of its block. */
async function runAlone(
  pipeline: Pipeline,
  job: EmbedJob,
  outcomes: Outcomes,
  delays: Delays,
  signal: AbortSignal,
): Promise<void> {
  try {
    await runBatch(pipeline, [job], outcomes, 'direct', signal);
    delays.succeeded();
  } catch (error) {
    if (isNoBlocks(error, pipeline, signal)) throw error;
    if (!isEnvironmental(error)) return await fail(pipeline, job, error, outcomes, signal);
    if (!delays.isRepeated(job, error)) return await delay(pipeline, job, error, outcomes, signal);
    pipeline.hold.report(error);
    try {
      await withRetry(pipeline, signal, () => runBatch(pipeline, [job], outcomes, 'direct', signal));
      delays.succeeded();
    } catch (again) {
      if (isNoBlocks(again, pipeline, signal)) throw again;
      await delay(pipeline, job, again, outcomes, signal);
    }
  }
}

/** What waited too long says nothing about the block: it is tried again later, at no cost. */
async function delay(
  pipeline: Pipeline,
  job: EmbedJob,
  error: unknown,
  outcomes: Outcomes,
  signal: AbortSignal,
): Promise<void> {
  const reason: HandBackReason = errorCode(error) === '55P03' ? 'locked' : 'timeout';
  await settleOrLeaveBlock(
    pipeline,
    job,
    { ...handedBack(job, reason), delaySeconds: TIMEOUT_RETRY_SECONDS },
    outcomes,
    signal,
  );
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
  await settleOrLeaveBlock(pipeline, job, await failureOf(pipeline, job, error, signal), outcomes, signal);
}

/** The failure of the text that the block holds now; where it needs none any more, what the claim says instead. */
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
    return verdicts[0] ?? handedBack(job, 'locked');
  } catch (failure) {
    if (isNoBlocks(failure, pipeline, signal)) throw failure;
    if (isEnvironmental(failure)) return { ...handedBack(job, 'timeout'), delaySeconds: TIMEOUT_RETRY_SECONDS };
    // The database cannot read what the block holds, which no further attempt changes.
    return { kind: 'fail', job, fingerprint: null, reason, message, final: true };
  }
}

/** Settles a job alone; where its block cannot be written, only the job is handed back. */
async function settleOrLeaveBlock(
  pipeline: Pipeline,
  job: EmbedJob,
  verdict: Verdict,
  outcomes: Outcomes,
  signal: AbortSignal,
): Promise<void> {
  try {
    await settleVerdicts(pipeline, [verdict], outcomes, 'direct', signal);
  } catch (error) {
    if (isNoBlocks(error, pipeline, signal)) throw error;
    const { blockId } = job.data;
    if (isEnvironmental(error))
      pipeline.log.warn('block cannot be written yet; its job is delayed', { error, blockId });
    else pipeline.log.error('block cannot be written; its job is delayed', { error, blockId });
    const delaySeconds = isEnvironmental(error) ? TIMEOUT_RETRY_SECONDS : UNWRITABLE_RETRY_SECONDS;
    await leaveBlocks(pipeline, [job], isEnvironmental(error) ? 'timeout' : 'outage', delaySeconds, outcomes);
  }
}

/** Hands jobs back without their blocks, which the sweep sees to. */
export async function leaveBlocks(
  pipeline: Pipeline,
  jobs: readonly EmbedJob[],
  reason: HandBackReason,
  delaySeconds: number,
  outcomes: Outcomes,
): Promise<void> {
  const verdicts = jobs.map((job) => ({ ...handedBack(job, reason), delaySeconds }));
  // It waits for nobody's blocks: what it waits for is a lock on pg-boss's tables.
  const explains = (error: unknown) => pipeline.hold.explainsForAll(error);
  const options = { ...pipeline, explains, runsWhileHeld: true };
  const settlement = await withRetry(options, pipeline.giveUp, () => handBackJobs(pipeline.context, verdicts));
  report(settlement, pipeline);
  for (const [job, outcome] of settlement.outcomes) outcomes.set(job, outcome);
}

function handedBack(job: EmbedJob, reason: HandBackReason) {
  return { kind: 'hand-back', job, reason, delaySeconds: 0, claimed: false } as const;
}

/** Whether a failure is certainly not the doing of one of the blocks: the database is away, or nobody waits any more. */
function isNoBlocks(error: unknown, { giveUp, draining }: Pipeline, signal: AbortSignal): boolean {
  if (reactionTo(error) === 'retry' || giveUp.aborted) return true;
  return (signal.aborted && error === signal.reason) || (draining.aborted && error === draining.reason);
}
