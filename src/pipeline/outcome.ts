import { AssertionError } from 'node:assert';
import type { EmbedJob } from '../queue/job.js';

/** Why a job is handed back: completed and inserted again, at no cost to its block. */
export type HandBackReason = 'locked' | 'outage' | 'shutdown' | 'timeout';

/** The result of a job. Each has exactly one; all but `lost` are written into its output. */
export type Outcome =
  | { readonly kind: 'stored' | 'skipped' | 'gone' }
  /** The block was already completed, skipped or in error when it was claimed. */
  | { readonly kind: 'unchanged' }
  /** The block was edited or locked in the meantime: a new job is in the queue. */
  | { readonly kind: 'superseded' }
  | { readonly kind: 'handed-back'; readonly reason: HandBackReason }
  /** The failure was the block's own: it waits for another attempt, or was dead-lettered. */
  | { readonly kind: 'retry' | 'failed'; readonly reason: string }
  /** Another program sent the job. */
  | { readonly kind: 'unreadable' }
  /** Another worker holds the attempt. Nothing was written. */
  | { readonly kind: 'lost' };

export type OutcomeKind = Outcome['kind'];

/** A claimed block: its job, and the fingerprint of the text that the claim read. */
export interface ClaimedJob {
  readonly job: EmbedJob;
  readonly fingerprint: string;
}

/** A failure of the block's own. */
export interface Failure {
  readonly job: EmbedJob;
  /** null if the database could not read the text: then it is read again before the failure counts. */
  readonly fingerprint: string | null;
  /** A stable code. */
  readonly reason: string;
  readonly message: string;
  /** Whether another attempt is pointless. */
  readonly final: boolean;
}

/** What the steps of a batch decide about a job. `settle` turns it into an outcome. */
export type Verdict =
  | (ClaimedJob & { readonly kind: 'store'; readonly vector: Float32Array })
  | (ClaimedJob & { readonly kind: 'skip' })
  | (Failure & { readonly kind: 'fail' })
  | { readonly kind: 'close'; readonly job: EmbedJob; readonly as: 'unchanged' | 'skipped' | 'gone' | 'unreadable' }
  | {
      readonly kind: 'hand-back';
      readonly job: EmbedJob;
      readonly reason: HandBackReason;
      readonly delaySeconds: number;
      /** Whether this attempt set the block `processing`: if the block is `pending` now, it was edited. */
      readonly claimed: boolean;
      /** Whether the block needs more time than a job may be held among others. */
      readonly slow?: boolean;
    };

export type VerdictOf<Kind extends Verdict['kind']> = Extract<Verdict, { readonly kind: Kind }>;

export const jobOf = ({ job }: { readonly job: EmbedJob }) => job;
export const blockIdOf = ({ job }: { readonly job: EmbedJob }) => job.data.blockId;

/** The outcomes of the jobs of one fetch. */
export class Outcomes {
  readonly #outcomes = new Map<EmbedJob, Outcome>();

  /** @throws AssertionError if the job already has an outcome */
  set(job: EmbedJob, outcome: Outcome): void {
    const earlier = this.#outcomes.get(job);
    if (earlier !== undefined) {
      throw new AssertionError({
        message: `job ${job.id} already has the outcome ${earlier.kind}; it cannot also be ${outcome.kind}`,
      });
    }
    this.#outcomes.set(job, outcome);
  }

  /** Jobs that have no outcome yet. */
  unsettled(jobs: readonly EmbedJob[]): EmbedJob[] {
    return jobs.filter((job) => !this.#outcomes.has(job));
  }

  /** @throws AssertionError naming the jobs that have no outcome */
  assertComplete(jobs: readonly EmbedJob[]): void {
    const open = this.unsettled(jobs).map(({ id }) => id);
    if (open.length > 0) throw new AssertionError({ message: `jobs without an outcome: ${open.join(', ')}` });
  }
}
