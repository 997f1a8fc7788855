import type { Queryable } from '../postgres/database.js';
import { PRIORITY, type Priority } from './job.js';
import type { QueueNames } from './queue-names.js';
import { countWaiting, type WaitingCount } from './sql/count-waiting.js';
import { findOldest } from './sql/find-oldest.js';

/** The jobs that are not settled yet. */
export interface LiveJobs extends WaitingCount {
  /**
   * Since the edit was noticed (live), or the block found (backlog), that has waited longest for its vector, in hand or
   * not; null where none does.
   */
  readonly oldestSeconds: Readonly<Record<keyof typeof PRIORITY, number | null>>;
}

/** Asked by every scrape, hence through indexes alone and never of the blocks: 1 ms beside 100,000 settled and 2,000 live jobs. */
export async function readLiveJobs(db: Queryable, names: QueueNames): Promise<LiveJobs> {
  const counts = await countWaiting(db, names);
  const oldest = await findOldest(db, names);
  const secondsOf = (priority: Priority) => {
    const seconds = oldest
      .filter((job) => job.priority === priority)
      .flatMap(({ since, sinceInHand, now }) =>
        [since, sinceInHand].map((time) => (now - Date.parse(time ?? '')) / 1000),
      )
      .filter((age) => !Number.isNaN(age));
    return seconds.length === 0 ? null : Math.max(0, ...seconds);
  };
  return { ...counts, oldestSeconds: { live: secondsOf(PRIORITY.live), backlog: secondsOf(PRIORITY.backlog) } };
}
