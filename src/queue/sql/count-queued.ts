import type { Queryable } from '../../postgres/database.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

export interface QueuedJobs {
  /** Jobs that are active, or could be fetched now. */
  readonly ready: number;
  /** Jobs that start later, since their blocks failed or were locked. */
  readonly delayed: number;
}

/**
 * How many live jobs the queue holds. The states are listed, since a comparison cannot use the index of live jobs
 * (job_i14): it took 250 ms with a million settled jobs.
 */
export async function countQueued(db: Queryable, names: QueueNames): Promise<QueuedJobs> {
  const [row] = await db.query<QueuedJobs>(
    `SELECT count(*) FILTER (WHERE state = 'active' OR start_after <= clock_timestamp())::float8 AS ready,
       count(*) FILTER (WHERE state <> 'active' AND start_after > clock_timestamp())::float8 AS delayed
  FROM ${jobTable(names)} WHERE name = $1 AND state IN ('created', 'retry', 'active')`,
    [names.queue],
  );
  return row ?? { ready: 0, delayed: 0 };
}
