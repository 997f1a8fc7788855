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
  const limit = AbortSignal.timeout(limitMs);
  try {
    return await work(AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return undefined;
    throw error;
  }
}
