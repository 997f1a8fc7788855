import type { Queryable } from '../../database/database.js';
import { QUEUE } from '../job.js';
import { jobTable } from './job-table.js';

export interface QueuedJobs {
  /** That are being worked on or could be. */
  readonly due: number;
  /** Those, and what is put off. */
  readonly live: number;
}

/**
 * How many jobs the queue holds. The sweep fills it up to a number of those that are due: jobs that are put off do not
 * count, or thousands of blocks that fail or are locked would keep all others out of the queue.
 */
export async function countQueued(db: Queryable, schema: string): Promise<QueuedJobs> {
  const [row] = await db.query<{ due: string; live: string }>(
    `SELECT count(*) FILTER (WHERE state = 'active' OR start_after <= now()) AS due, count(*) AS live
  FROM ${jobTable(schema)} WHERE name = $1 AND state IN ('created', 'retry', 'active')`,
    [QUEUE],
  );
  return { due: Number(row?.due ?? 0), live: Number(row?.live ?? 0) };
}
