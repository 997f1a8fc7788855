import type { Queryable } from '../../database/database.js';
import { jobTable } from './job-table.js';

/** Whether pg-boss has made its tables yet, which the first worker does. */
export async function queueExists(db: Queryable, schema: string): Promise<boolean> {
  const [row] = await db.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [jobTable(schema)]);
  return row?.exists === true;
}
