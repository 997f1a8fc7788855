import pRetry from 'p-retry';
import { isTransient } from './sqlstate.js';

export interface RetryOptions {
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Gives up after so long, with the last error. Default: 60 s. */
  readonly maxWaitMs?: number;
  /** Which failures are worth another try. Default: those that pass by themselves. */
  readonly isWorthIt?: (error: Error) => boolean;
  readonly onRetry?: (error: Error) => void;
}

/**
 * Runs `work` again, with growing pauses, for as long as it fails for reasons that pass by themselves. `work` must be
 * safe to run again after a COMMIT whose answer was lost.
 *
 * @throws the last error, or the first that is not transient
 */
export async function retryTransient<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { isWorthIt = isTransient } = options;
  return await pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 50,
    maxTimeout: 2_000,
    factor: 2,
    randomize: true,
    maxRetryTime: options.maxWaitMs ?? 60_000,
    signal: options.signal,
    shouldRetry: ({ error }) => isWorthIt(error),
    onFailedAttempt: ({ error }) => {
      if (isWorthIt(error)) options.onRetry?.(error);
    },
  });
}
