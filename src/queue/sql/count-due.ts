import type { Queryable } from '../../database/database.js';
import { QUEUE } from '../job.js';
import { jobTable } from './job-table.js';

/**
 * How many jobs are being worked on or could be: what the sweep fills the queue up to. Jobs that are put off do not
 * count, or thousands of blocks that fail or are locked would keep all others out of the queue.
 */
export async function countDue(db: Queryable, schema: string): Promise<number> {
  const [row] = await db.query<{ count: string }>(
    `SELECT count(*) AS count FROM ${jobTable(schema)}
 WHERE name = $1 AND state IN ('created', 'retry', 'active') AND (state = 'active' OR start_after <= now())`,
    [QUEUE],
  );
  return Number(row?.count ?? 0);
}
