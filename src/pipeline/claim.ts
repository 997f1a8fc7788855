import type { Claim, ClaimedBlock } from '../blocks/claim.js';
import type { EmbedJob } from '../queue/job.js';
import type { Verdict } from './outcome.js';
import { withRetry } from '../postgres/with-retry.js';
import type { Pipeline } from './pipeline.js';

/** Delay before a locked block is tried again; it grows with the time the block has waited. */
const LOCKED_RETRY_SECONDS = 1;
const LOCKED_RETRY_MAX_SECONDS = 30;

/** How much one claim may read. */
export interface Capacity {
  /** `grouped`: together with the claims of other workers. `direct`: in a separate statement. */
  readonly mode: 'grouped' | 'direct';
  /** Whether memory was reserved for one block larger than a worker's share: then only the first is claimed. */
  readonly oversized: boolean;
  /** What the worker's other blocks already use of its share. */
  readonly usedBytes?: number;
}

/** The result of a claim; each job is in one of the four lists. */
export interface ClaimedBatch {
  readonly claimed: readonly { readonly job: EmbedJob; readonly block: ClaimedBlock }[];
  /** For jobs whose blocks need no embedding or are gone. */
  readonly verdicts: readonly Verdict[];
  /** For another try: other transactions have locked the rows. */
  readonly locked: readonly EmbedJob[];
  /** For the next round: the text budget was used up. */
  readonly deferred: readonly { readonly job: EmbedJob; readonly bytes: number }[];
}

/**
 * Claims the blocks of jobs (pending → processing) and reads their contents.
 *
 * @param jobs of different blocks
 * @throws the database's error if a block may be the cause; the signal's reason
 */
export async function claim(
  pipeline: Pipeline,
  jobs: readonly EmbedJob[],
  capacity: Capacity,
  signal: AbortSignal,
): Promise<ClaimedBatch> {
  const ids = jobs.map(({ data }) => data.blockId);
  const found = await withRetry(pipeline, signal, () =>
    capacity.mode === 'grouped' ? pipeline.claims.run(ids) : claimDirectly(pipeline, ids, capacity),
  );
  const jobOf = new Map(jobs.map((job) => [job.data.blockId, job]));
  const withJob = <T extends { readonly id: string }>(blocks: readonly T[]) =>
    blocks.flatMap((block) => {
      const job = jobOf.get(block.id);
      return job === undefined ? [] : [{ job, block }];
    });
  return {
    claimed: withJob(found.claimed),
    verdicts: [
      ...withJob(found.settled).map(({ job, block }) =>
        close(job, block.status === 'skipped' ? 'skipped' : 'unchanged'),
      ),
      ...withJob(found.gone.map((id) => ({ id }))).map(({ job }) => close(job, 'gone')),
    ],
    locked: withJob(found.locked.map((id) => ({ id }))).map(({ job }) => job),
    deferred: withJob(found.deferred).map(({ job, block }) => ({ job, bytes: block.bytes })),
  };
}

/** Alone in its statement, a batch has its whole share of the budget, however much other workers claim. */
function claimDirectly(
  { blocks, database, budget }: Pipeline,
  ids: readonly string[],
  { oversized, usedBytes = 0 }: Capacity,
): Promise<Claim> {
  const budgetBytes = oversized ? 0 : Math.max(0, budget.shareBytes - usedBytes);
  return blocks.claim(database, ids, budgetBytes, oversized);
}

function close(job: EmbedJob, as: 'unchanged' | 'skipped' | 'gone'): Verdict {
  return { kind: 'close', job, as };
}

/** Delays the job of a block whose row stays locked. */
export function handBackLocked(job: EmbedJob): Verdict {
  return { kind: 'hand-back', job, reason: 'locked', delaySeconds: lockedDelaySeconds(job), claimed: false };
}

/** Half of the time the block has waited. An edit ends the delay, since its notification raises the job. */
function lockedDelaySeconds({ data }: EmbedJob): number {
  const waitedSeconds = (Date.now() - Date.parse(data.since)) / 1000;
  return Math.round(Math.min(LOCKED_RETRY_MAX_SECONDS, Math.max(LOCKED_RETRY_SECONDS, waitedSeconds / 2)));
}
