import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../queue-names.js';
import { jobTable } from './job-table.js';

/**
 * When the newest settled job beyond the latest `count` was settled: 30 ms for 200,000, through the index on completed_on
 * (job_i16).
 *
 * @returns a timestamp in PostgreSQL's text form; undefined if there are no more
 */
export async function findSettledBeyond(db: Queryable, names: QueueNames, count: number): Promise<string | undefined> {
  const [row] = await db.query<{ at: string }>(
    `SELECT completed_on::text AS at FROM ${jobTable(names)}
 WHERE name = $1 AND completed_on IS NOT NULL
 ORDER BY completed_on DESC OFFSET $2 LIMIT 1`,
    [names.queue, count],
  );
  return row?.at;
}
