import type { Semaphore } from 'async-mutex';
import { abortable } from './abortable.js';

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
  try {
    const [, release] = await abortable(acquired, signal);
    return release;
  } catch (error) {
    acquired.then(
      ([, release]) => {
        release();
      },
      () => undefined, // cancelled: there is nothing to give back
    );
    throw error;
  }
}
