import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 10;

/** Calls `ask` every 10 ms until its result is not undefined, and returns that; undefined after the timeout. */
export async function poll<T>(timeoutMs: number, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || Date.now() >= deadline) return answer;
    await sleep(POLL_MS);
  }
}
