import type { Job } from 'pg-boss';

/** New edits go before swept or backfilled blocks. */
export const PRIORITY = { backlog: 0, live: 10 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

/** A job's data. Other programs may read it; the counts are absent while they are 0. */
export interface EmbedJobData {
  readonly blockId: string;
  /** When the edit was noticed, ISO 8601: latencies are measured from here. */
  readonly since: string;
  /** A copy of the job's priority, which pg-boss does not pass to workers. */
  readonly priority: Priority;
  /** The block's own failures. */
  readonly failures?: number;
  /** Crashes of workers while they worked on the block. */
  readonly crashes?: number;
  /** How often in a row the block was set `pending` while we worked on it, although its text stayed the same. */
  readonly unchangedRequeues?: number;
  /** Whether the block takes longer to embed than a batch may be held: it is embedded alone, with more time. */
  readonly slow?: true;
  /** How many of this job's claims `failures` and `crashes` account for. */
  readonly counted?: number;
}

export type EmbedJob = Job<EmbedJobData>;

/**
 * Crashes after which a block is claimed alone, and crashes alone after which it is dead-lettered. pg-boss's retry count
 * includes every claim, so its limit is higher than both and never decides.
 */
export const CRASHES_BEFORE_ISOLATION = 2;
export const MAX_ISOLATED_CRASHES = 10;

/** Crashes of this job not yet in its data: pg-boss counts every claim, and `counted` is how many we have accounted for. */
export function uncountedCrashes(job: EmbedJob): number {
  return Math.max(0, job.retryCount - (job.data.counted ?? 0));
}

/** Crashes of workers while they worked on this block, in this job and in those it replaced. */
export function crashesOf(job: EmbedJob): number {
  return (job.data.crashes ?? 0) + uncountedCrashes(job);
}

/** Written into a dead letter's `sourceOutput`. */
export interface FailureReport {
  /** A stable code. */
  readonly reason: string;
  readonly message: string;
  readonly failures: number;
  readonly crashes: number;
  /** ISO 8601. */
  readonly at: string;
  /** null if the database could not read the text. */
  readonly fingerprint: string | null;
}
