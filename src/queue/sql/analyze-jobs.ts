import type { Queryable } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';

/**
 * Tells the planner what is in pg-boss's table, in the part that holds queues without a partition of their own. A role
 * that does not own the table gets a warning of the server, and autovacuum does it within a minute or a few.
 */
export async function analyzeJobs(db: Queryable, schema: string): Promise<void> {
  await db.query(`ANALYZE ${quoteColumn(schema)}.job_common`);
}
