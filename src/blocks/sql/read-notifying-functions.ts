import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';
import { CHANNEL } from '../channel.js';

/** The source of each trigger function on the blocks table, or on a table below it, that names our channel. */
export async function readNotifyingFunctions(db: Queryable, { blocks }: BlocksTable): Promise<string[]> {
  const rows = await db.query<{ source: string }>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
)
SELECT DISTINCT p.prosrc AS source
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE t.tgrelid IN (SELECT oid FROM tree)
   AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND p.prosrc LIKE '%' || $2 || '%'`,
    [blocks, CHANNEL],
  );
  return rows.map(({ source }) => source);
}
