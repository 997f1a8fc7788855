import { TimeLimit } from '../../base/timeout.js';

/**
 * Runs what takes a signal with a limit.
 *
 * @returns undefined when it took longer
 * @throws what `work` throws; the reason of `signal` when that is aborted
 */
export async function inTime<T>(
  limitMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const limit = new TimeLimit(limitMs, signal);
  try {
    return await work(limit.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (limit.hasPassed) return undefined;
    throw error;
  } finally {
    limit.clear();
  }
}
