import type { Queryable } from '../../postgres/database.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

/** Locks the dead letters of these blocks, in order of their keys, as every path locks jobs. @returns their job ids */
export async function lockDeadLetters(
  tx: Queryable,
  names: QueueNames,
  blockIds: readonly string[],
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id::text AS id FROM ${jobTable(names)}
 WHERE name = $1 AND state < 'active' AND singleton_key = ANY ($2::text[])
 ORDER BY singleton_key, id FOR UPDATE`,
    [names.deadLetters, blockIds],
  );
  return rows.map((row) => row.id);
}
