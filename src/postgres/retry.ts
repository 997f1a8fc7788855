import pRetry from 'p-retry';
import { isTransient } from './sqlstate.js';

export interface RetryOptions {
  /** Ends the retries. */
  readonly signal: AbortSignal;
  /** After this time it fails with the last error. Default: 60 s. */
  readonly maxWaitMs?: number;
  /** Which failures to retry. Default: transient ones. */
  readonly isRetryable?: (error: Error) => boolean;
  readonly onRetry?: (error: Error) => void;
}

/**
 * Retries `work` with growing pauses while its failures are transient. `work` must be safe to run again after a COMMIT
 * whose answer was lost.
 *
 * @throws the last error, or the first that is not transient
 */
export async function retryTransient<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { isRetryable = isTransient } = options;
  return await pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 50,
    maxTimeout: 2_000,
    factor: 2,
    randomize: true,
    maxRetryTime: options.maxWaitMs ?? 60_000,
    signal: options.signal,
    shouldRetry: ({ error }) => isRetryable(error),
    onFailedAttempt: ({ error }) => {
      if (isRetryable(error)) options.onRetry?.(error);
    },
  });
}
