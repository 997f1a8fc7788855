import { Timeout } from './timeout.js';

/**
 * Runs `work` with a timeout, which aborts the signal that `work` gets.
 *
 * @returns undefined when the timeout expired
 * @throws what `work` throws; the reason of `signal` when that is aborted
 */
export async function withTimeout<T>(
  limitMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const limit = new Timeout(limitMs, signal);
  try {
    return await work(limit.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (limit.expired) return undefined;
    throw error;
  } finally {
    limit.clear();
  }
}
