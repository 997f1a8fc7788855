import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../queue-names.js';
import { jobTable, liveJob } from './job-table.js';

/** Which of these blocks have no live job, in the same order: one index lookup (job_i6) each. */
export async function findWithoutLiveJob(
  db: Queryable,
  names: QueueNames,
  blockIds: readonly string[],
): Promise<string[]> {
  if (blockIds.length === 0) return [];
  const rows = await db.query<{ id: string }>(
    `SELECT b.id FROM unnest($1::text[]) WITH ORDINALITY AS b(id, place)
 WHERE NOT EXISTS (SELECT FROM ${jobTable(names)} j WHERE ${liveJob(names, 'b.id')})
 ORDER BY b.place`,
    [blockIds],
  );
  return rows.map(({ id }) => id);
}
