import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../queue-names.js';

/**
 * Waits for the exclusive right to pause and resume, until the transaction ends: two pauses at the same time leave one
 * record.
 *
 * @returns the database's clock, in milliseconds since 1970
 */
export async function lockPause(tx: Queryable, names: QueueNames): Promise<number> {
  const [row] = await tx.query<{ now: number }>(
    `WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended($1, 0)))
SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now FROM locked`,
    [`embedding-worker/${names.schema}/${names.queue}/pause`],
  );
  if (row === undefined) throw new Error('SELECT returned no row');
  return row.now;
}
