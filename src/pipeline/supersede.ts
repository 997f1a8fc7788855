import type { Queryable } from '../postgres/database.js';
import { PRIORITY, type EmbedJob } from '../queue/job.js';
import { newJob, type NewJob } from '../queue/new-job.js';
import { blockIdOf, jobOf } from './outcome.js';
import type { SettleContext } from './pipeline.js';

/** Maximum delay for a block whose status was reset although its text is unchanged. */
const UNCHANGED_DELAY_MAX_SECONDS = 60;

/** A block that was edited or locked while it was worked on. */
export interface Superseded {
  readonly job: EmbedJob;
  /** null if the text could not be read. */
  readonly fingerprint: string | null;
}

/**
 * Completes the jobs of blocks that were edited or locked while they were worked on, including jobs that failed and are in
 * retry, and sets the blocks `pending`.
 *
 * @param locked ids of the blocks whose rows this transaction has locked
 * @returns the jobs that replace them
 */
export async function supersede(
  { queue, blocks }: SettleContext,
  tx: Queryable,
  superseded: readonly Superseded[],
  locked: ReadonlySet<string>,
): Promise<NewJob[]> {
  if (superseded.length === 0) return [];
  await queue.supersede(tx, superseded.map(jobOf));
  const blockIds = superseded.map(blockIdOf);
  const lockedIds = blockIds.filter((id) => locked.has(id));
  await blocks.setStatus(tx, lockedIds, 'pending', ['processing']);
  const read = superseded.flatMap(({ job, fingerprint }) =>
    fingerprint === null ? [] : [{ id: job.data.blockId, fingerprint }],
  );
  const unchanged = new Set(await blocks.unchanged(tx, read));
  return superseded.map(({ job, fingerprint }) =>
    fingerprint === null || unchanged.has(job.data.blockId) ? requeueUnchanged(job) : editedJob(job),
  );
}

/** A job for a block that was edited since its last one was fetched. */
export function editedJob({ data }: EmbedJob): NewJob {
  return newJob(data.blockId, PRIORITY.live, new Date());
}

/**
 * A job for a block whose status was reset while we worked on it, although its text is the same. The cause is an edit that
 * was undone, or a trigger that fires on our own writes and would do so for ever: each time in a row doubles the delay. An
 * edit ends the delay, since its notification raises the job.
 */
function requeueUnchanged(previous: EmbedJob): NewJob {
  const { unchangedRequeues = 0 } = previous.data;
  const job = editedJob(previous);
  const delaySeconds =
    unchangedRequeues === 0 ? 0 : Math.min(UNCHANGED_DELAY_MAX_SECONDS, 2 ** (unchangedRequeues - 1));
  return {
    data: { ...job.data, unchangedRequeues: unchangedRequeues + 1 },
    ...(delaySeconds > 0 && { startAfterSeconds: delaySeconds }),
  };
}
