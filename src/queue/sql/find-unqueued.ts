import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../database/database.js';
import { jobTable, liveJob } from './job-table.js';

/**
 * One page of the blocks that wait and have no live job, in order of their ids: `pending` ones, and `processing` ones
 * whose worker died and whose job is gone, too.
 *
 * @param after the last id of the page before, null for the first
 */
export async function findUnqueued(
  db: Queryable,
  schema: string,
  table: BlocksTable,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT b.${table.id}::text AS id FROM ${table.blocks} b
 WHERE b.embedding_status IN ('pending', 'processing') AND ($1::text IS NULL OR b.${table.id} > $1::text::${table.idType})
   AND NOT EXISTS (SELECT FROM ${jobTable(schema)} j WHERE ${liveJob(`b.${table.id}::text`)})
 ORDER BY b.${table.id} LIMIT $2`,
    [after, limit],
  );
  return rows.map((row) => row.id);
}
