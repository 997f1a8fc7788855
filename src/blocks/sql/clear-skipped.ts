import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/** Takes the vector from blocks that were set `skipped` (by the trigger) while they had one. Locked rows wait for the next sweep. */
export async function clearSkippedVectors(
  db: Queryable,
  table: BlocksTable,
  ids: readonly string[] | 'all',
  limit: number,
): Promise<number> {
  const rows = await db.query(
    `UPDATE ${table.blocks} b SET ${table.embedding} = NULL
  FROM (SELECT ${table.id} AS id FROM ${table.blocks}
         WHERE ${table.status} = 'skipped' AND ${table.embedding} IS NOT NULL
           AND ($1::text[] IS NULL OR ${table.id} = ANY ($1::text[]::${table.idType}[]))
         ORDER BY ${table.id} LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) s
 WHERE b.${table.id} = s.id
RETURNING b.${table.id}`,
    [ids === 'all' ? null : ids, limit],
  );
  return rows.length;
}
