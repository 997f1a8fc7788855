import type { Queryable } from '../../postgres/database.js';
import { PRIORITY } from '../job.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

/**
 * Gives active jobs of these blocks the priority of edits, in case they are handed back. pg-boss has no call that changes
 * an active job.
 *
 * @returns the blocks that have an active job
 */
export async function raiseActive(tx: Queryable, names: QueueNames, blockIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ blockId: string }>(
    `UPDATE ${jobTable(names)} SET priority = greatest(priority, $3)
 WHERE name = $1 AND policy = 'exclusive' AND state = 'active' AND coalesce(singleton_key, '') = ANY ($2::text[])
RETURNING singleton_key AS "blockId"`,
    [names.queue, blockIds, PRIORITY.live],
  );
  return new Set(rows.map(({ blockId }) => blockId));
}
