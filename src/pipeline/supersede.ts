import type { Queryable } from '../postgres/database.js';
import { PRIORITY, type EmbedJob } from '../queue/job.js';
import { newJob, type NewJob } from '../queue/new-job.js';
import type { SettleContext } from './settle.js';

/** Maximum delay for a block whose status was reset although its text is unchanged. */
const UNCHANGED_DELAY_MAX_SECONDS = 60;

/** A block that is not what was worked on. */
export interface Superseded {
  readonly job: EmbedJob;
  /** null where the text could not be read. */
  readonly fingerprint: string | null;
}

/**
 * Completes the jobs of blocks that are not what was worked on, also of those that failed and wait for another attempt,
 * and sets the blocks `pending`.
 *
 * @param locked ids of the blocks whose rows this transaction has locked
 * @returns the jobs to insert in their place
 */
export async function supersede(
  { queue, blocks }: SettleContext,
  tx: Queryable,
  superseded: readonly Superseded[],
  locked: ReadonlySet<string>,
): Promise<NewJob[]> {
  if (superseded.length === 0) return [];
  await queue.supersede(
    tx,
    superseded.map(({ job }) => job),
  );
  const blockIds = superseded.map(({ job }) => job.data.blockId);
  await blocks.setStatusIfProcessing(
    tx,
    blockIds.filter((id) => locked.has(id)),
    'pending',
  );
  const read = superseded.flatMap(({ job, fingerprint }) =>
    fingerprint === null ? [] : [{ id: job.data.blockId, fingerprint }],
  );
  const unchanged = new Set(await blocks.unchanged(tx, read));
  return superseded.map(({ job, fingerprint }) =>
    fingerprint === null || unchanged.has(job.data.blockId)
      ? requeueUnchanged(job)
      : newJob(job.data.blockId, PRIORITY.live, new Date()),
  );
}

/**
 * A job for a block whose status was reset while we worked on it, although its text is the same. An edit and its undoing
 * do that, and so does a trigger that fires on our own write, for ever: each time in a row waits twice as long. An edit
 * ends the wait; its notification raises the job.
 */
function requeueUnchanged({ data: { blockId, unchangedRequeues = 0 } }: EmbedJob): NewJob {
  const job = newJob(blockId, PRIORITY.live, new Date());
  const delaySeconds =
    unchangedRequeues === 0 ? 0 : Math.min(UNCHANGED_DELAY_MAX_SECONDS, 2 ** (unchangedRequeues - 1));
  return {
    data: { ...job.data, unchangedRequeues: unchangedRequeues + 1 },
    ...(delaySeconds > 0 && { startAfterSeconds: delaySeconds }),
  };
}
