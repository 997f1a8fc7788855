import type { Queryable } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';

/** The columns of those tables that exist in a schema, by table. Other relations of the same names count too. */
export async function readTables(
  db: Queryable,
  schema: string,
  tables: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await db.query<{ table: string; columns: string[] }>(
    `SELECT c.relname::text AS table,
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM pg_class c WHERE c.relnamespace = to_regnamespace($1) AND c.relname = ANY ($2::text[])`,
    [quoteColumn(schema), tables],
  );
  return new Map(rows.map(({ table, columns }) => [table, new Set(columns)]));
}
