import { setTimeout as delay } from 'node:timers/promises';

/** Sleeps; ends early, without an error, when aborted. In place of Node's own, which rejects then. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { signal }).catch(() => undefined); // only the signal ends it early
}
