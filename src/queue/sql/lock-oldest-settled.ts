import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../queue-names.js';
import { jobTable } from './job-table.js';

/**
 * Locks the jobs that were settled first, until a time, in the order of the index on completed_on (job_i16). Never waits: pg-boss's own
 * deletion goes through the same jobs in another order.
 *
 * @param until a timestamp in PostgreSQL's text form
 * @returns their ids
 */
export async function lockOldestSettled(
  tx: Queryable,
  names: QueueNames,
  until: string,
  limit: number,
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id::text AS id FROM ${jobTable(names)}
 WHERE name = $1 AND completed_on <= $2::timestamptz
 ORDER BY completed_on LIMIT $3 FOR UPDATE SKIP LOCKED`,
    [names.queue, until, limit],
  );
  return rows.map(({ id }) => id);
}
