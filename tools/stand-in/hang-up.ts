import { abortable } from '../../src/base/abortable.js';
import { sleep } from '../../src/base/sleep.js';
import { HungUp } from './refusal.js';

/**
 * Sleeps until `performance.now()` has reached `timeMs`.
 *
 * @throws HungUp as soon as the signal is aborted
 */
export async function sleepUntil(timeMs: number, signal: AbortSignal): Promise<void> {
  // A timer counts whole milliseconds from its loop's cached time, so it may fire early.
  for (let left = timeMs - performance.now(); left > 0; left = timeMs - performance.now()) {
    await sleep(Math.ceil(left), signal);
    if (signal.aborted) throw new HungUp();
  }
}

/**
 * Waits for a promise, unless the client hangs up first.
 *
 * @throws HungUp as soon as the signal is aborted
 */
export async function unlessHungUp<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await abortable(promise, signal);
  } catch (error) {
    throw error === signal.reason ? new HungUp() : error;
  }
}
