import type { Queryable } from '../../postgres/database.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

export interface SettledCount {
  /** Blocks that were embedded, or found to hold nothing to embed. */
  readonly blocks: number;
  /** From the first of them until now; null where there is none. */
  readonly seconds: number | null;
}

/**
 * What was settled within the last so many seconds, but only the latest so many jobs. Handing a job back settles it too,
 * and does not count. In order of the index on completed_on (job_i16), so that 20,000 of a million settled jobs take
 * 25 ms; counting all that a fast worker settles in five minutes took 400.
 */
export async function countSettled(
  db: Queryable,
  names: QueueNames,
  withinSeconds: number,
  limit: number,
): Promise<SettledCount> {
  const [row] = await db.query<SettledCount>(
    `SELECT count(*) FILTER (WHERE outcome IN ('stored', 'skipped'))::float8 AS blocks,
       extract(epoch FROM now() - min(completed_on))::float8 AS seconds
  FROM (SELECT completed_on, output->>'outcome' AS outcome FROM ${jobTable(names)}
         WHERE name = $1 AND completed_on > now() - $2 * interval '1 s'
         ORDER BY completed_on DESC LIMIT $3) latest`,
    [names.queue, withinSeconds, limit],
  );
  return row ?? { blocks: 0, seconds: null };
}
