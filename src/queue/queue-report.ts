import type { Queryable } from '../postgres/database.js';
import type { QueueNames } from './queue-names.js';
import { countSettled } from './sql/count-settled.js';
import { countWaiting } from './sql/count-waiting.js';
import { findOldest } from './sql/find-oldest.js';
import { queueExists } from './queue-schema.js';

/** The rate is that of the last five minutes, or of the last so many jobs where those were more. */
export const RATE_WINDOW_SECONDS = 300;
const RATE_JOBS = 20_000;

/** What waits in the queue, and how fast it is worked off. */
export interface QueueReport {
  readonly created: number;
  readonly retry: number;
  readonly active: number;
  readonly deadLetters: number;
  /** Since the edit that waits longest was noticed; null where none waits. */
  readonly oldestWaitingSeconds: number | null;
  /** Blocks a second, over the last minutes. */
  readonly ratePerSecond: number;
}

/** @returns undefined where there is no queue yet */
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
    // From the first of them: a worker that has just begun is not measured by the time before.
    ratePerSecond: settled.blocks / Math.max(1, settled.seconds ?? 1),
  };
}
