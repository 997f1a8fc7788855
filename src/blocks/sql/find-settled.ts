import type { Queryable } from '../../postgres/database.js';
import { hasStatusSql, WAITING, type BlockStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

/**
 * Which of these blocks are neither pending (which NULL is, too) nor `processing`, with what they are instead; null for those that are
 * gone.
 */
export async function findSettled(
  db: Queryable,
  table: BlocksTable,
  ids: readonly string[],
): Promise<{ id: string; status: BlockStatus | null }[]> {
  return await db.query<{ id: string; status: BlockStatus | null }>(
    `SELECT v.id, b.${table.status}::text AS status
  FROM unnest($1::text[]) AS v(id) LEFT JOIN ${table.blocks} b ON b.${table.id} = v.id::${table.idType}
 WHERE b.${table.id} IS NULL OR NOT ${hasStatusSql(`b.${table.status}`, WAITING)}`,
    [ids],
  );
}
