import type { Queryable } from '../../postgres/database.js';
import { isPendingSql } from '../status.js';
import type { BlocksTable } from '../table.js';

/** Which of these blocks are pending, which NULL is, too. */
export async function findPending(db: Queryable, table: BlocksTable, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db.query<{ id: string }>(
    `SELECT ${table.id}::text AS id FROM ${table.blocks}
 WHERE ${table.id} = ANY ($1::text[]::${table.idType}[]) AND ${isPendingSql(table.status)}`,
    [ids],
  );
  return rows.map((row) => row.id);
}
