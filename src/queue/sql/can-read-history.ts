import type { Queryable } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';

/** The columns that `read-recorded-rate.ts` reads. Tables of older versions of pg-boss lack the last two. */
const COLUMNS = ['name', 'captured_on', 'completed_delta', 'delta_seconds'];

/** Whether pg-boss's table of recorded history exists, has what we read, and may be read by this role. */
export async function canReadHistory(db: Queryable, schema: string): Promise<boolean> {
  const [row] = await db.query<{ columns: number }>(
    `SELECT count(*)::int AS columns FROM pg_attribute
 WHERE attrelid = to_regclass($1) AND attname = ANY ($2::text[]) AND has_column_privilege(attrelid, attnum, 'SELECT')`,
    [`${quoteColumn(schema)}.queue_stats`, COLUMNS],
  );
  return row?.columns === COLUMNS.length;
}
