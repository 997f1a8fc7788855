import type { Queryable } from '../../postgres/database.js';
import { PRIORITY, type Priority } from '../job.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

/**
 * The highest priority of the jobs that could be fetched now; undefined if there is none. The order makes PostgreSQL read
 * the head of the fetch's index (job_i11): without it, it read the table past all settled jobs to the first waiting one (up
 * to 0.2 s in a run of 100,000).
 */
export async function nextReadyPriority(db: Queryable, names: QueueNames): Promise<Priority | undefined> {
  const [head] = await db.query<{ nextReady: number }>(
    `SELECT priority AS "nextReady" FROM ${jobTable(names)}
  WHERE name = $1 AND state < 'active' AND NOT blocked AND start_after <= now()
  ORDER BY priority DESC, created_on LIMIT 1`,
    [names.queue],
  );
  if (head === undefined) return undefined;
  return head.nextReady >= PRIORITY.live ? PRIORITY.live : PRIORITY.backlog;
}
