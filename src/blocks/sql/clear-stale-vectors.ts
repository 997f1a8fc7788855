import type { Queryable } from '../../postgres/database.js';
import { hasStatusByIdSql } from '../status.js';
import type { BlocksTable } from '../table.js';

/**
 * Removes the vectors of blocks that the API's trigger set to `skipped`. Leaves locked rows to the next sweep.
 *
 * @returns the number of blocks
 */
export async function clearStaleVectors(db: Queryable, table: BlocksTable, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const rows = await db.query(
    `UPDATE ${table.blocks} b SET ${table.embedding} = NULL
  FROM (SELECT ${table.id} AS id FROM ${table.blocks}
         WHERE ${table.id} = ANY ($1::text[]::${table.idType}[])
           AND ${hasStatusByIdSql(table.status, ['skipped'])} AND ${table.embedding} IS NOT NULL
         ORDER BY ${table.id} FOR NO KEY UPDATE SKIP LOCKED) s
 WHERE b.${table.id} = s.id
RETURNING b.${table.id}`,
    [ids],
  );
  return rows.length;
}
