import type { Queryable } from '../../postgres/database.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

/**
 * Corrects the outcome of jobs that this transaction completed before it wrote their blocks: jobs are locked before blocks,
 * so pg-boss must settle first, and it has no call that changes a settled job.
 */
export async function setOutcome(
  tx: Queryable,
  names: QueueNames,
  jobIds: readonly string[],
  outcome: string,
): Promise<void> {
  await tx.query(
    `UPDATE ${jobTable(names)} SET output = jsonb_build_object('outcome', $3::text) WHERE name = $1 AND id = ANY ($2::uuid[])`,
    [names.queue, jobIds, outcome],
  );
}
