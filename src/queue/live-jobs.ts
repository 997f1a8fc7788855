import type { Queryable } from '../postgres/database.js';
import { PRIORITY, type Priority } from './job.js';
import type { QueueNames } from './queue-names.js';
import { countWaiting, type WaitingCount } from './sql/count-waiting.js';
import { findOldest } from './sql/find-oldest.js';

/** Jobs that are not settled. */
export interface LiveJobs extends WaitingCount {
  /**
   * Since the oldest edit was noticed (live), or the oldest block was found (backlog), that has no vector yet, whether its
   * job waits or is active; null if there is none.
   */
  readonly oldestSeconds: Readonly<Record<keyof typeof PRIORITY, number | null>>;
}

/** Runs at every scrape, so it reads only indexes, and never the blocks: 1 ms with 100,000 settled and 2,000 live jobs. */
export async function readLiveJobs(db: Queryable, names: QueueNames): Promise<LiveJobs> {
  const counts = await countWaiting(db, names);
  const oldest = await findOldest(db, names);
  const secondsOf = (priority: Priority) => {
    const seconds = oldest
      .filter((job) => job.priority === priority)
      .flatMap(({ since, sinceActive, now }) =>
        [since, sinceActive].map((time) => (now - Date.parse(time ?? '')) / 1000),
      )
      .filter((age) => !Number.isNaN(age));
    return seconds.length === 0 ? null : Math.max(0, ...seconds);
  };
  return { ...counts, oldestSeconds: { live: secondsOf(PRIORITY.live), backlog: secondsOf(PRIORITY.backlog) } };
}
