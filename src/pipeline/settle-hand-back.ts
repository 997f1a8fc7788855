import type { Queryable } from '../postgres/database.js';
import { crashesOf, PRIORITY, type EmbedJob, type EmbedJobData } from '../queue/job.js';
import type { NewJob } from '../queue/new-job.js';
import { blockIdOf, jobOf, type Outcome, type VerdictOf } from './outcome.js';
import type { SettleContext } from './pipeline.js';
import { completeJobs, outcomeOf, type Settlement } from './settle-jobs.js';
import { editedJob } from './supersede.js';

type HandBack = VerdictOf<'hand-back'>;

/**
 * Sets blocks `pending` whose jobs are handed back.
 *
 * @returns the jobs that replace them; a block that was edited in the meantime gets one with the priority of edits
 */
export async function settleHandBacks(
  { queue, blocks }: SettleContext,
  tx: Queryable,
  verdicts: readonly HandBack[],
  locked: ReadonlySet<string>,
): Promise<NewJob[]> {
  if (verdicts.length === 0) return [];
  const lockedIds = verdicts.map(blockIdOf).filter((id) => locked.has(id));
  const pending = new Set(await blocks.pending(tx, lockedIds));
  await blocks.setStatus(tx, lockedIds, 'pending', ['processing']);
  const raised = await queue.raisedSince(tx, verdicts.filter(isBacklog).map(jobOf));
  return verdicts.map((verdict) =>
    replacement(verdict, raised.has(verdict.job.id) || (verdict.claimed && pending.has(blockIdOf(verdict)))),
  );
}

/** Hands jobs back in a transaction that does not touch their blocks. */
export async function settleJobsOnly(
  { database, queue }: Pick<SettleContext, 'database' | 'queue'>,
  verdicts: readonly HandBack[],
): Promise<Settlement> {
  return await database.transaction(async (tx) => {
    const ours = await completeJobs(queue, tx, verdicts);
    const raised = await queue.raisedSince(tx, ours.filter(isBacklog).map(jobOf));
    const inserted = ours.map((verdict) => replacement(verdict, raised.has(verdict.job.id)));
    await queue.insert(tx, inserted);
    const outcomes = new Map<EmbedJob, Outcome>(verdicts.map(({ job }) => [job, { kind: 'lost' }]));
    for (const verdict of ours) outcomes.set(verdict.job, outcomeOf(verdict));
    return { outcomes, inserted };
  });
}

/** The job that replaces one that is handed back. */
function replacement({ job, delaySeconds, slow }: HandBack, isEdited: boolean): NewJob {
  const delay = delaySeconds > 0 ? { startAfterSeconds: delaySeconds } : {};
  if (isEdited) return { ...editedJob(job), ...delay };
  return { data: { ...carriedOver(job), ...(slow === true && { slow }) }, ...delay };
}

/** The data of a job that its replacement keeps. */
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

const isBacklog = ({ job }: HandBack) => job.data.priority < PRIORITY.live;
