import type { Queryable } from '../../postgres/database.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

export interface SettledCount {
  readonly jobs: number;
  /** Those whose block was embedded or skipped. */
  readonly blocks: number;
  /** From the first job until now; null if there is none. */
  readonly seconds: number | null;
}

/**
 * Counts the blocks settled in the last `withinSeconds`, reading the latest `limit` jobs. A job that was handed back does
 * not count. The order is that of the index on completed_on (job_i16): reading 20,000 of a million settled jobs takes
 * 25 ms; counting all that a fast worker settles in five minutes took 400.
 */
export async function countSettled(
  db: Queryable,
  names: QueueNames,
  withinSeconds: number,
  limit: number,
): Promise<SettledCount> {
  const [row] = await db.query<SettledCount>(
    `SELECT count(*)::float8 AS jobs,
       count(*) FILTER (WHERE outcome IN ('stored', 'skipped'))::float8 AS blocks,
       extract(epoch FROM now() - min(completed_on))::float8 AS seconds
  FROM (SELECT completed_on, output->>'outcome' AS outcome FROM ${jobTable(names)}
         WHERE name = $1 AND completed_on > now() - $2 * interval '1 s'
         ORDER BY completed_on DESC LIMIT $3) latest`,
    [names.queue, withinSeconds, limit],
  );
  return row ?? { jobs: 0, blocks: 0, seconds: null };
}
