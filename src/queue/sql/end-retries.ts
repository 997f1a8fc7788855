import type { Queryable } from '../../postgres/database.js';
import { QUEUE } from '../job.js';
import { jobTable } from './job-table.js';

/**
 * Leaves waiting jobs no retry, so that failing them next, in the same transaction, is for good and pg-boss writes the
 * dead letter. pg-boss has this only as a worker's result, which is outside any transaction of ours.
 */
export async function endRetries(tx: Queryable, schema: string, jobIds: readonly string[]): Promise<void> {
  if (jobIds.length === 0) return;
  await tx.query(
    `UPDATE ${jobTable(schema)} SET retry_limit = 0 WHERE name = $1 AND id = ANY ($2::uuid[]) AND state = 'retry'`,
    [QUEUE, jobIds],
  );
}
