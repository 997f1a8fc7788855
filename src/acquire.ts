import type { Semaphore } from 'async-mutex';

/**
 * Waits for a semaphore, for as long as the signal lets it. Room that comes too late is given back at once.
 *
 * @returns gives the room back
 * @throws the signal's reason, or what the semaphore was cancelled with
 */
export async function acquire(
  semaphore: Semaphore,
  weight: number,
  priority: number,
  signal: AbortSignal,
): Promise<() => void> {
  signal.throwIfAborted();
  const acquired = semaphore.acquire(weight, priority);
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => {
    aborted.reject(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const [, release] = await Promise.race([acquired, aborted.promise]);
    return release;
  } catch (error) {
    acquired.then(
      ([, release]) => {
        release();
      },
      () => undefined, // cancelled: there is nothing to give back
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
