import type { Queryable } from '../postgres/database.js';
import type { Pause } from './pause.js';
import { readPause } from './pauses.js';
import type { QueueNames } from './queue-names.js';
import { countSettled } from './sql/count-settled.js';
import { countWaiting } from './sql/count-waiting.js';
import { findOldest } from './sql/find-oldest.js';
import { queueExists } from './queue-schema.js';

/** The rate covers the last five minutes, but at most this many jobs. */
export const RATE_WINDOW_SECONDS = 300;
const RATE_JOBS = 20_000;

/** The waiting jobs, and how fast they are processed. */
export interface QueueReport {
  readonly created: number;
  readonly retry: number;
  readonly active: number;
  readonly deadLetters: number;
  /** Since the oldest waiting edit was noticed; null if none waits. */
  readonly oldestWaitingSeconds: number | null;
  /** Blocks per second, over the last minutes. */
  readonly ratePerSecond: number;
  /** What is paused by request; null if nothing is. */
  readonly pause: Pause | null;
}

/** @returns undefined if there is no queue yet */
export async function readQueueReport(db: Queryable, names: QueueNames): Promise<QueueReport | undefined> {
  if (!(await queueExists(db, names))) return undefined;
  const counts = await countWaiting(db, names);
  const oldest = await findOldest(db, names);
  const settled = await countSettled(db, names, RATE_WINDOW_SECONDS, RATE_JOBS);
  const waited = oldest
    .map(({ since, now }) => (now - Date.parse(since ?? '')) / 1000)
    .filter((age) => !Number.isNaN(age));
  return {
    ...counts,
    oldestWaitingSeconds: waited.length === 0 ? null : Math.max(0, ...waited),
    // From the first settled job, so the time before a worker started does not count.
    ratePerSecond: settled.blocks / Math.max(1, settled.seconds ?? 1),
    pause: await readPause(db, names),
  };
}
