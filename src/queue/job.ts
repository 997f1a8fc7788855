import type { Job } from 'pg-boss';

/** Edits that someone just made go before what was swept up or backfilled. */
export const PRIORITY = { backlog: 0, live: 10 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

/** What a job carries. Other programs may read it; the counts are absent while they are 0. */
export interface EmbedJobData {
  readonly blockId: string;
  /** When the edit was noticed, ISO 8601: latencies are counted from here. */
  readonly since: string;
  /** The job's own, which pg-boss does not hand to workers. */
  readonly priority: Priority;
  /** Failures that were the block's own. */
  readonly failures?: number;
  /** Workers that died with the block in hand. */
  readonly crashes?: number;
  /** How often in a row the block was set `pending` under our hands while its text stayed the same. */
  readonly unchangedRequeues?: number;
  /** Whether the block takes longer to embed than a job may be held among others: it is embedded alone, with more time. */
  readonly slow?: true;
  /** How many of this job's claims `failures` and `crashes` account for. */
  readonly counted?: number;
}

export type EmbedJob = Job<EmbedJobData>;

/**
 * Crashes after which a block is claimed alone, and crashes alone after which it is dead-lettered. pg-boss counts every
 * claim in its retry count, which is therefore bounded above both and never judges by itself.
 */
export const CRASHES_BEFORE_ISOLATION = 2;
export const MAX_ISOLATED_CRASHES = 10;

/** Claims of this job whose worker died, beyond those already counted: pg-boss counts every claim, and we every failure. */
export function uncountedCrashes(job: EmbedJob): number {
  return Math.max(0, job.retryCount - (job.data.counted ?? 0));
}

/** Workers that died with this block in hand, in this job and in those it replaced. */
export function crashesOf(job: EmbedJob): number {
  return (job.data.crashes ?? 0) + uncountedCrashes(job);
}

/**
 * What is written into a dead letter's `sourceOutput` beside what pg-boss keeps itself.
 */
export interface FailureReport {
  /** A stable code. */
  readonly reason: string;
  readonly message: string;
  readonly failures: number;
  readonly crashes: number;
  /** ISO 8601. */
  readonly at: string;
  /** null where the database could not read the text. */
  readonly fingerprint: string | null;
}
