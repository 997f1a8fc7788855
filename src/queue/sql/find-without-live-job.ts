import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../queue-names.js';
import { jobTable, liveJob } from './job-table.js';

/**
 * Which of these blocks have no live job, in the same order: one index lookup (job_i6) each, 1.6 ms for 1,000. As NOT EXISTS,
 * PostgreSQL read all live jobs for each page: 7 ms beside 20,000 of them.
 */
export async function findWithoutLiveJob(
  db: Queryable,
  names: QueueNames,
  blockIds: readonly string[],
): Promise<string[]> {
  if (blockIds.length === 0) return [];
  const rows = await db.query<{ id: string }>(
    `SELECT b.id FROM unnest($1::text[]) WITH ORDINALITY AS b(id, place)
 WHERE (SELECT true FROM ${jobTable(names)} j WHERE ${liveJob(names, 'b.id')} LIMIT 1) IS NULL
 ORDER BY b.place`,
    [blockIds],
  );
  return rows.map(({ id }) => id);
}
