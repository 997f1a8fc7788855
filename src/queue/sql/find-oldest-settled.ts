import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../queue-names.js';
import { jobTable } from './job-table.js';

/**
 * Seconds since the oldest settled job that is kept was settled, through the index on completed_on (job_i16); null if there
 * is none. pg-boss's count of them is no use here: it counts those that are deleted while it counts.
 */
export async function findOldestSettled(db: Queryable, names: QueueNames): Promise<number | null> {
  const [row] = await db.query<{ seconds: number }>(
    `SELECT extract(epoch FROM now() - completed_on)::float8 AS seconds FROM ${jobTable(names)}
 WHERE name = $1 AND completed_on IS NOT NULL ORDER BY completed_on LIMIT 1`,
    [names.queue],
  );
  return row?.seconds ?? null;
}
