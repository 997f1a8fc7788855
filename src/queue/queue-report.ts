import type { Queryable } from '../postgres/database.js';
import type { Pause } from './pause.js';
import { readPause } from './pauses.js';
import type { QueueNames } from './queue-names.js';
import { readRate } from './read-rate.js';
import { countWaiting } from './sql/count-waiting.js';
import { findOldest } from './sql/find-oldest.js';
import { findOldestSettled } from './sql/find-oldest-settled.js';
import { queueExists } from './queue-schema.js';

/** The jobs, and how fast they are processed. */
export interface QueueReport {
  readonly created: number;
  readonly retry: number;
  readonly active: number;
  readonly deadLetters: number;
  /** Since the oldest waiting edit was noticed; null if none waits. */
  readonly oldestWaitingSeconds: number | null;
  /** Since the oldest settled job that is kept was settled; null if there is none. */
  readonly oldestSettledSeconds: number | null;
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
  const waited = oldest
    .map(({ since, now }) => (now - Date.parse(since ?? '')) / 1000)
    .filter((age) => !Number.isNaN(age));
  return {
    ...counts,
    oldestWaitingSeconds: waited.length === 0 ? null : Math.max(0, ...waited),
    oldestSettledSeconds: await findOldestSettled(db, names),
    ratePerSecond: await readRate(db, names),
    pause: await readPause(db, names),
  };
}
