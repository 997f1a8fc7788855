import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/** The highest id; null if the table has no blocks. Without `max`, which uuid supports only since PostgreSQL 18. */
export async function findLastId(db: Queryable, table: BlocksTable): Promise<string | null> {
  const [row] = await db.query<{ id: string }>(
    `SELECT b.${table.id}::text AS id FROM ${table.blocks} b ORDER BY b.${table.id} DESC LIMIT 1`,
  );
  return row?.id ?? null;
}
