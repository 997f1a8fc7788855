import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/**
 * One page of the blocks in `error`, in order of their ids.
 *
 * @param after the last id of the previous page, null for the first page
 */
export async function findInError(
  db: Queryable,
  table: BlocksTable,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT ${table.id}::text AS id FROM ${table.blocks} b
 WHERE ${table.status} = 'error' AND ($1::text IS NULL OR b.${table.id} > $1::text::${table.idType})
 ORDER BY b.${table.id} LIMIT $2`,
    [after, limit],
  );
  return rows.map((row) => row.id);
}
