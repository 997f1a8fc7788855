import { performance } from 'node:perf_hooks';
import { PRIORITY, type EmbedJob } from '../queue/job.js';
import { settleVerdicts } from './batch.js';
import { claim, handBackLocked } from './claim.js';
import { embedLong, type Deadline } from './embed.js';
import type { Outcomes, Verdict } from './outcome.js';
import type { Pipeline } from './pipeline.js';
import { prepare } from './prepare.js';

/** A block counts as too slow only if it had at least this share of its job's expiry. */
const MIN_SHARE = 0.75;

/**
 * Processes a job whose block takes longer than jobs of a batch may be held: alone in its requests, one at a time, in
 * parallel with the batch. It has the priority of edits, since a backlog would use up its time; the edits have the other
 * requests in flight.
 *
 * @param deadline its signal is aborted when nine tenths of the expiry have passed
 */
export async function runSlow(
  pipeline: Pipeline,
  job: EmbedJob,
  outcomes: Outcomes,
  deadline: Deadline,
): Promise<void> {
  const { signal, expireMs } = deadline;
  const startedAt = performance.now();
  const hadLittleOutage = pipeline.outages.start();
  const { claimed, locked, ...found } = await claim(pipeline, [job], { mode: 'direct', oversized: true }, signal);
  const verdicts = [...found.verdicts, ...locked.map(handBackLocked)];
  const prepared = prepare(claimed, pipeline.blocks.table);
  await settleVerdicts(pipeline, [...verdicts, ...prepared.verdicts], outcomes, 'direct', signal);
  for (const text of prepared.texts) {
    const verdict = await embedLong(pipeline.embedder, text, PRIORITY.live, deadline);
    const isSlow = verdict.kind === 'hand-back' && verdict.slow === true;
    const hadItsTime = performance.now() - startedAt > expireMs * MIN_SHARE && hadLittleOutage();
    const settled = isSlow && hadItsTime ? tooSlow(job, text.fingerprint, expireMs) : verdict;
    await settleVerdicts(pipeline, [settled], outcomes, 'direct', signal);
  }
}

function tooSlow(job: EmbedJob, fingerprint: string, expireMs: number): Verdict {
  const message = `embedding takes longer than nine tenths of PALDOCS_JOB_EXPIRE_SECONDS, which is ${expireMs / 1000}: raise it, or shorten the text`;
  return { kind: 'fail', job, fingerprint, reason: 'TOO_SLOW', message, final: true };
}
