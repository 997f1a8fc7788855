import { setTimeout as sleep } from 'node:timers/promises';

/** Sleeps; ends early, without an error, when aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined); // only the signal ends it early
}

/**
 * Asks until the answer is true.
 *
 * @returns whether it was, within the time
 */
export async function until(ask: () => Promise<boolean> | boolean, timeoutMs: number, everyMs = 50): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await ask()) return true;
    if (Date.now() >= deadline) return false;
    await sleep(everyMs);
  }
}
