import type { Queryable } from '../../postgres/database.js';
import { PRIORITY, QUEUE } from '../job.js';
import { jobTable } from './job-table.js';

/**
 * How many live jobs wait for a worker, counted up to `most`. Reads the head of the fetch's own index (job_i11), where
 * they come before all backlog.
 */
export async function countWaitingEdits(db: Queryable, schema: string, most: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::float8 AS count
  FROM (SELECT FROM ${jobTable(schema)}
         WHERE name = $1 AND state < 'active' AND NOT blocked AND priority >= $2 LIMIT $3) edits`,
    [QUEUE, PRIORITY.live, most],
  );
  return row?.count ?? 0;
}
