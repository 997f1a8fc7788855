import { setTimeout as delay } from 'node:timers/promises';

/** Sleeps. When aborted it ends early and resolves, where Node's own timer rejects. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { signal }).catch(() => undefined); // only the signal ends it early
}
