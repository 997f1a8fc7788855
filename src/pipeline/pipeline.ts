import type { Claim } from '../blocks/claim.js';
import { reactionTo } from '../database/faults.js';
import { retryTransient } from '../database/retry.js';
import type { Embedder } from '../embedder/embedder.js';
import type { Events } from '../events.js';
import type { Logger } from '../logger.js';
import type { EmbedJob } from '../queue/job.js';
import type { Waker } from '../queue/waker.js';
import type { GroupCommit } from './group-commit.js';
import type { Hold } from './hold.js';
import type { Outcome, Verdict } from './outcome.js';
import type { SettleContext } from './settle.js';
import type { TextBudget } from './text-budget.js';

/** What the steps of a batch share. */
export interface Pipeline {
  readonly context: SettleContext;
  readonly embedder: Embedder;
  readonly budget: TextBudget;
  readonly waker: Waker;
  readonly hold: Hold;
  /** By the ids of the blocks. */
  readonly claims: GroupCommit<readonly string[], Claim>;
  /** Each answer holds the outcomes of all that were settled together. */
  readonly settlements: GroupCommit<readonly Verdict[], ReadonlyMap<EmbedJob, Outcome>>;
  /** How long a lost connection is waited for. */
  readonly maxOutageMs: number;
  /** Aborted when this process shuts down. */
  readonly draining: AbortSignal;
  /** Aborted when nothing more may be waited for. */
  readonly giveUp: AbortSignal;
  readonly events: Events;
  readonly log: Logger;
}

/**
 * Runs what reads or writes the database, and runs it again after what is no block's fault: at once with growing pauses
 * where the connection was lost, and when the hold opens where all work is held. The fence decides whether it is still ours.
 *
 * @param signal ends the waiting for a hold
 * @throws the database's error where a block may be the cause; the reason of `signal` or of the shutdown
 */
export async function persist<T>(pipeline: Pipeline, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { hold, log, giveUp, maxOutageMs, draining } = pipeline;
  for (;;) {
    if (hold.isHeld) await hold.whenOpen(AbortSignal.any([signal, draining]));
    try {
      return await retryTransient(work, {
        signal: giveUp,
        maxWaitMs: maxOutageMs,
        isWorthIt: (error) => reactionTo(error) === 'retry',
        onRetry: (error) => {
          log.warn('the database failed; trying again', { error });
        },
      });
    } catch (error) {
      if (!(await hold.explains(error))) throw error;
    }
  }
}
