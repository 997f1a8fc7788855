import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/** The types of all blocks. Reads the whole table. */
export async function listTypes(db: Queryable, table: BlocksTable): Promise<string[]> {
  const rows = await db.query<{ type: string }>(
    `SELECT DISTINCT b.${table.type}::text AS type FROM ${table.blocks} b WHERE b.${table.type} IS NOT NULL ORDER BY 1`,
  );
  return rows.map(({ type }) => type);
}
