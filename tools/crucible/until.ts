import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until the condition holds.
 *
 * @returns whether it held within the time
 */
export async function until(
  condition: () => Promise<boolean> | boolean,
  timeoutMs: number,
  pollMs = 50,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= deadline) return false;
    await delay(pollMs);
  }
}
