import { quoteColumn } from '../../postgres/identifiers.js';
import type { Queryable } from '../../postgres/database.js';

/** Takes the locks for writing jobs, but writes none: fails if pg-boss's tables are locked. */
export async function tryWritingJobs(db: Queryable, schema: string): Promise<void> {
  for (const table of ['job', 'job_common']) {
    await db.query(`UPDATE ${quoteColumn(schema)}.${table} SET priority = priority WHERE false`);
  }
}
