import type { Queryable } from '../../database/database.js';
import { PRIORITY, QUEUE } from '../job.js';
import { jobTable } from './job-table.js';

/** Jobs looked at of each priority, those first that are fetched first. */
const HEAD = 1_000;

export interface OldestJobs {
  /** Of those that wait, ISO 8601; null where none does. */
  readonly since: string | null;
  /** Of those in a worker's hands. */
  readonly sinceInHand: string | null;
  /** Milliseconds since 1970, by the database's clock. */
  readonly now: number;
}

/**
 * When the edit was noticed that waits longest, as its job says it. What was handed back keeps its time and stands at
 * the end of its priority, so that a long queue may hold an older one: its head is read in the order of the fetch's own
 * index (job_i11), 5 ms whatever its length. Jobs in hand are few: a worker holds as many as it fetches.
 */
export async function findOldest(db: Queryable, schema: string): Promise<OldestJobs> {
  const [row] = await db.query<OldestJobs>(
    `SELECT min(head.since) AS since, extract(epoch FROM now())::float8 * 1000 AS now,
       (SELECT min(data->>'since') FROM ${jobTable(schema)} WHERE name = $1 AND state = 'active') AS "sinceInHand"
  FROM unnest($2::int[]) AS p (priority)
 CROSS JOIN LATERAL (SELECT data->>'since' AS since FROM ${jobTable(schema)}
                      WHERE name = $1 AND state < 'active' AND NOT blocked AND priority = p.priority
                      ORDER BY created_on LIMIT $3) head`,
    [QUEUE, Object.values(PRIORITY), HEAD],
  );
  return row ?? { since: null, sinceInHand: null, now: Date.now() };
}
