import type { Logger } from '../telemetry/logger.js';
import type { Hold } from './hold.js';
import { retryTransient } from './retry.js';
import { reactionTo } from './sqlstate.js';

export interface WithRetryOptions {
  readonly hold: Hold;
  /** How long to retry while the connection is lost. */
  readonly maxOutageMs: number;
  /** Aborted when this process shuts down: then it stops waiting for a hold to end. */
  readonly draining: AbortSignal;
  /** Aborted when it must stop waiting for anything. */
  readonly giveUp: AbortSignal;
  /** Which failures to retry at once. Default: those with the reaction `retry`. */
  readonly isRetryable?: (error: Error) => boolean;
  /** Whether a failure holds all work, so that the work runs again when the hold ends. Default: `hold.explains`. */
  readonly explains?: (error: unknown) => Promise<boolean>;
  /** Whether the first try runs even while work is held, as when the hold does not affect it. Default: no. */
  readonly runsWhileHeld?: boolean;
  readonly log: Logger;
}

/**
 * Runs work on the database, and runs it again after a failure that no block caused: with growing pauses after a lost
 * connection, or once the hold ends if the failure holds all work. The fence decides whether the attempt is still valid.
 *
 * @param signal ends the wait for a hold
 * @throws the database's error where a block may be the cause; the reason of `signal` or of the shutdown
 */
export async function withRetry<T>(options: WithRetryOptions, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { hold, log, giveUp, maxOutageMs, draining, isRetryable = isRetry } = options;
  const explains = options.explains ?? ((error: unknown) => hold.explains(error));
  for (let runsWhileHeld = options.runsWhileHeld ?? false; ; runsWhileHeld = false) {
    if (hold.isHeld && !runsWhileHeld) await hold.whenOpen(AbortSignal.any([signal, draining]));
    try {
      return await retryTransient(work, {
        signal: giveUp,
        maxWaitMs: maxOutageMs,
        isRetryable,
        onRetry: (error) => {
          log.warn('database error; retrying', { error });
        },
      });
    } catch (error) {
      if (!(await explains(error))) throw error;
    }
  }
}

const isRetry = (error: Error) => reactionTo(error) === 'retry';
