import { HungUp } from './refusal.js';

/**
 * Sleeps until `performance.now()` has reached `timeMs`.
 *
 * @throws HungUp as soon as the signal is aborted
 */
export async function pauseUntil(timeMs: number, signal: AbortSignal): Promise<void> {
  // A timer counts from its loop's cached time in whole milliseconds, hence may fire early.
  for (let left = timeMs - performance.now(); left > 0; left = timeMs - performance.now()) {
    await pauseOnce(Math.ceil(left), signal);
  }
}

/**
 * Waits for a promise, but not longer than the client does.
 *
 * @throws HungUp as soon as the signal is aborted
 */
export function unlessHungUp<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new HungUp());
    const leave = () => reject(new HungUp());
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

function pauseOnce(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new HungUp());
    const leave = () => {
      clearTimeout(timer);
      reject(new HungUp());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', leave);
      resolve();
    }, ms);
    signal.addEventListener('abort', leave, { once: true });
  });
}
