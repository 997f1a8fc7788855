import type { Queryable } from '../../postgres/database.js';
import { isPendingSql } from '../status.js';
import type { BlocksTable } from '../table.js';

/** The ids of those blocks that are pending; NULL counts as pending. */
export async function findPending(db: Queryable, table: BlocksTable, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db.query<{ id: string }>(
    `SELECT ${table.id}::text AS id FROM ${table.blocks}
 WHERE ${table.id} = ANY ($1::text[]::${table.idType}[]) AND ${isPendingSql(table.status)}`,
    [ids],
  );
  return rows.map((row) => row.id);
}
