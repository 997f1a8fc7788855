import type { Semaphore } from 'async-mutex';
import { abortable } from './abortable.js';

/**
 * Waits for a semaphore until the signal is aborted. Capacity that is granted after that is released at once.
 *
 * @returns a function that releases the capacity
 * @throws the signal's reason, or the error that the semaphore was cancelled with
 */
export async function acquire(
  semaphore: Semaphore,
  weight: number,
  priority: number,
  signal: AbortSignal,
): Promise<() => void> {
  signal.throwIfAborted();
  const acquired = semaphore.acquire(weight, priority);
  try {
    const [, release] = await abortable(acquired, signal);
    return release;
  } catch (error) {
    acquired.then(
      ([, release]) => {
        release();
      },
      () => undefined, // cancelled: nothing was acquired
    );
    throw error;
  }
}
