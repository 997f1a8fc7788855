import { quoteColumn } from '../../postgres/identifiers.js';
import type { Queryable } from '../../postgres/database.js';

/** Takes the locks that writing jobs takes, and writes none: fails where somebody has locked pg-boss's tables. */
export async function tryWritingJobs(db: Queryable, schema: string): Promise<void> {
  for (const table of ['job', 'job_common']) {
    await db.query(`UPDATE ${quoteColumn(schema)}.${table} SET priority = priority WHERE false`);
  }
}
