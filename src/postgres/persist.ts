import type { Logger } from '../telemetry/logger.js';
import { reactionTo } from './sqlstate.js';
import type { Hold } from './hold.js';
import { retryTransient } from './retry.js';

export interface PersistOptions {
  readonly hold: Hold;
  /** How long a lost connection is waited for. */
  readonly maxOutageMs: number;
  /** Aborted when a hold is not waited for any more, since this process shuts down. */
  readonly draining: AbortSignal;
  /** Aborted when nothing is waited for any more. */
  readonly giveUp: AbortSignal;
  /** Which failures are worth another try at once. Default: those that are nobody's fault. */
  readonly isWorthIt?: (error: Error) => boolean;
  /** Whether the hold explains a failure. Default: where no single block can. */
  readonly explains?: (error: unknown) => Promise<boolean>;
  /** Whether it is tried even while work is held: what holds the blocks need not concern it. Default: no. */
  readonly isTriedWhileHeld?: boolean;
  readonly log: Logger;
}

/**
 * Runs what reads or writes the database, and runs it again after what is no block's fault: at once with growing pauses
 * where the connection was lost, and when the hold opens where all work is held. The fence decides whether it is still ours.
 *
 * @param signal ends the waiting for a hold
 * @throws the database's error where a block may be the cause; the reason of `signal` or of the shutdown
 */
export async function persist<T>(options: PersistOptions, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { hold, log, giveUp, maxOutageMs, draining, isWorthIt = isNobodysFault } = options;
  const explains = options.explains ?? ((error: unknown) => hold.explains(error));
  for (let isTried = options.isTriedWhileHeld ?? false; ; isTried = false) {
    if (hold.isHeld && !isTried) await hold.whenOpen(AbortSignal.any([signal, draining]));
    try {
      return await retryTransient(work, {
        signal: giveUp,
        maxWaitMs: maxOutageMs,
        isWorthIt,
        onRetry: (error) => {
          log.warn('database error; retrying', { error });
        },
      });
    } catch (error) {
      if (!(await explains(error))) throw error;
    }
  }
}

const isNobodysFault = (error: Error) => reactionTo(error) === 'retry';
