import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/** The highest id there is; null where there is no block. Not `max`, which uuid has only since PostgreSQL 18. */
export async function findLastId(db: Queryable, table: BlocksTable): Promise<string | null> {
  const [row] = await db.query<{ id: string }>(
    `SELECT b.${table.id}::text AS id FROM ${table.blocks} b ORDER BY b.${table.id} DESC LIMIT 1`,
  );
  return row?.id ?? null;
}
