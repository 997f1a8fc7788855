import { setTimeout as sleep } from 'node:timers/promises';

/** Sleeps; ends early, without an error, when aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined); // only the signal ends it early
}
