import type { Queryable } from '../../postgres/database.js';
import { PRIORITY } from '../job.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

/**
 * How many live jobs wait for a worker, counted up to `max`. Reads the head of the fetch's index (job_i11), where they
 * precede all backlog.
 */
export async function countWaitingEdits(db: Queryable, names: QueueNames, max: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::float8 AS count
  FROM (SELECT FROM ${jobTable(names)}
         WHERE name = $1 AND state < 'active' AND NOT blocked AND priority >= $2 LIMIT $3) edits`,
    [names.queue, PRIORITY.live, max],
  );
  return row?.count ?? 0;
}
