import type { Queryable } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';

/** The columns in the conditions of frequent statements. All 36 columns, two of them JSON, took three times as long. */
const COLUMNS = 'name, state, priority, blocked, policy, start_after, created_on, completed_on, singleton_key';

/**
 * Updates the planner's statistics of the partition that pg-boss shares among queues. If the role does not own the table,
 * the server only warns, and autovacuum does it within a few minutes.
 */
export async function analyzeJobs(db: Queryable, schema: string): Promise<void> {
  await db.query(`ANALYZE ${quoteColumn(schema)}.job_common (${COLUMNS})`);
}
