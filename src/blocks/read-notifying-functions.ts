import type { TableNames } from '../config.js';
import { quoteTable } from '../database/identifiers.js';
import type { Queryable } from '../database/database.js';
import { CHANNEL } from './trigger.js';

/** The source of each function that a trigger on the blocks table calls and that names our channel. */
export async function readNotifyingFunctions(db: Queryable, names: TableNames): Promise<string[]> {
  const rows = await db.query<{ source: string }>(
    `SELECT DISTINCT p.prosrc AS source
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE t.tgrelid IN (SELECT to_regclass($1) UNION SELECT relid FROM pg_partition_tree(to_regclass($1)))
   AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND p.prosrc LIKE '%' || $2 || '%'`,
    [quoteTable(names.blocksTable), CHANNEL],
  );
  return rows.map(({ source }) => source);
}
