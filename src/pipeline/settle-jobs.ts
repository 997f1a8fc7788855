import type { Queryable } from '../postgres/database.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import type { EmbedJob } from '../queue/job.js';
import type { NewJob } from '../queue/new-job.js';
import { jobOf, type Outcome, type Verdict } from './outcome.js';
import type { SettleContext } from './pipeline.js';
import { failJobs } from './settle-failure.js';

/** The result of a settlement. */
export interface Settlement {
  /** One for each verdict, except those that were left because their rows were locked. */
  readonly outcomes: Map<EmbedJob, Outcome>;
  /** Jobs that were inserted to replace those that were settled. */
  readonly inserted: readonly NewJob[];
}

type Completing = Exclude<Verdict, { readonly kind: 'fail' }>;

/** Settles jobs, but not their blocks. @returns the verdicts on jobs that this worker still held */
export async function settleJobs(
  context: SettleContext,
  tx: Queryable,
  verdicts: readonly Verdict[],
): Promise<Verdict[]> {
  const failures = verdicts.filter((verdict) => verdict.kind === 'fail');
  const completed = verdicts.filter((verdict) => verdict.kind !== 'fail');
  return [...(await completeJobs(context.queue, tx, completed)), ...(await failJobs(context, tx, failures))];
}

/** Completes jobs, in one statement for each outcome. @returns the verdicts on jobs that this worker still held */
export async function completeJobs<V extends Completing>(
  queue: EmbedQueue,
  tx: Queryable,
  verdicts: readonly V[],
): Promise<V[]> {
  const ours: V[] = [];
  for (const [, group] of Map.groupBy(verdicts, (verdict) => JSON.stringify(outputOf(verdict)))) {
    const [first] = group;
    if (first === undefined) continue;
    const settled = await queue.complete(tx, group.map(jobOf), outputOf(first));
    ours.push(...group.filter(({ job }) => settled.has(job)));
  }
  return ours;
}

/** What is written into the job's output. */
function outputOf(verdict: Completing): object {
  const outcome = outcomeOf(verdict);
  return outcome.kind === 'handed-back' ? { outcome: outcome.kind, reason: outcome.reason } : { outcome: outcome.kind };
}

/** The outcome of a verdict if nothing has changed since. */
export function outcomeOf(verdict: Verdict): Outcome {
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
