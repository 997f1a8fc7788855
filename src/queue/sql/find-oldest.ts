import type { Queryable } from '../../postgres/database.js';
import { PRIORITY, type Priority } from '../job.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

/** Jobs read for each priority, in the order in which they are fetched. */
const HEAD = 1_000;

export interface OldestJob {
  readonly priority: Priority;
  /** The oldest waiting job, ISO 8601; null if none waits. */
  readonly since: string | null;
  /** The oldest active job. */
  readonly sinceActive: string | null;
  /** Milliseconds since 1970, by the database's clock. */
  readonly now: number;
}

/**
 * For each priority, when the edit that has waited longest was noticed, according to its job. A job that was handed back
 * keeps its time and goes to the end of its priority, so a long queue may hold an older one further back. Only its head is
 * read, in the order of the fetch's index (job_i11): 5 ms at any length. There are few active jobs.
 */
export async function findOldest(db: Queryable, names: QueueNames): Promise<OldestJob[]> {
  return await db.query<OldestJob>(
    `SELECT p.priority, extract(epoch FROM now())::float8 * 1000 AS now,
       (SELECT min(head.since)
          FROM (SELECT data->>'since' AS since FROM ${jobTable(names)}
                 WHERE name = $1 AND state < 'active' AND NOT blocked AND priority = p.priority
                 ORDER BY created_on LIMIT $3) head) AS since,
       (SELECT min(data->>'since') FROM ${jobTable(names)}
         WHERE name = $1 AND state = 'active' AND priority = p.priority) AS "sinceActive"
  FROM unnest($2::int[]) AS p (priority)`,
    [names.queue, Object.values(PRIORITY), HEAD],
  );
}
