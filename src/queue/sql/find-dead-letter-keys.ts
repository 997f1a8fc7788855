import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../queue-names.js';
import { jobTable } from './job-table.js';

/** One page of the keys of dead letters, each once, in an order that an index has (job_i17). */
export async function findDeadLetterKeys(
  db: Queryable,
  names: QueueNames,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<string[]> {
  const rows = await db.query<{ key: string }>(
    `SELECT DISTINCT singleton_key AS key FROM ${jobTable(names)}
 WHERE name = $1 AND state < 'active' AND singleton_key > $2 ORDER BY singleton_key LIMIT $3`,
    [names.deadLetters, after ?? '', limit],
  );
  return rows.map(({ key }) => key);
}
