import type { Queryable } from '../database/database.js';
import { countWaiting, type WaitingCount } from './sql/count-waiting.js';
import { findOldest } from './sql/find-oldest.js';

/** The jobs that are not settled yet. */
export interface LiveJobs extends WaitingCount {
  /** Since the edit was noticed that has waited longest for its vector, in hand or not; null where none does. */
  readonly oldestSeconds: number | null;
}

/** Asked by every scrape, hence through indexes alone and never of the blocks: 1 ms beside 100,000 settled and 2,000 live jobs. */
export async function readLiveJobs(db: Queryable, schema: string): Promise<LiveJobs> {
  const counts = await countWaiting(db, schema);
  const { since, sinceInHand, now } = await findOldest(db, schema);
  const times = [since, sinceInHand].map((time) => Date.parse(time ?? '')).filter((time) => !Number.isNaN(time));
  return { ...counts, oldestSeconds: times.length === 0 ? null : Math.max(0, now - Math.min(...times)) / 1000 };
}
