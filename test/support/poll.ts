import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 10;

/** Asks every 10 ms until the answer is not undefined, and returns it; undefined when it never was within the time. */
export async function poll<T>(timeoutMs: number, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || Date.now() >= deadline) return answer;
    await sleep(PAUSE_MS);
  }
}
