import { Timeout } from './timeout.js';

/**
 * Runs what takes a signal with a limit.
 *
 * @returns undefined when it took longer
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
