import type { Queryable } from '../../postgres/database.js';
import { PRIORITY, type Priority } from '../job.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

/** Jobs looked at of each priority, those first that are fetched first. */
const HEAD = 1_000;

export interface OldestJob {
  readonly priority: Priority;
  /** Of those that wait, ISO 8601; null where none does. */
  readonly since: string | null;
  /** Of those in a worker's hands. */
  readonly sinceInHand: string | null;
  /** Milliseconds since 1970, by the database's clock. */
  readonly now: number;
}

/**
 * For each priority, when the edit was noticed that waits longest, as its job says it. What was handed back keeps its
 * time and stands at the end of its priority, so that a long queue may hold an older one: its head is read in the order
 * of the fetch's own index (job_i11), 5 ms whatever its length. Jobs in hand are few: as many as the workers fetch.
 */
export async function findOldest(db: Queryable, names: QueueNames): Promise<OldestJob[]> {
  return await db.query<OldestJob>(
    `SELECT p.priority, extract(epoch FROM now())::float8 * 1000 AS now,
       (SELECT min(head.since)
          FROM (SELECT data->>'since' AS since FROM ${jobTable(names)}
                 WHERE name = $1 AND state < 'active' AND NOT blocked AND priority = p.priority
                 ORDER BY created_on LIMIT $3) head) AS since,
       (SELECT min(data->>'since') FROM ${jobTable(names)}
         WHERE name = $1 AND state = 'active' AND priority = p.priority) AS "sinceInHand"
  FROM unnest($2::int[]) AS p (priority)`,
    [names.queue, Object.values(PRIORITY), HEAD],
  );
}
