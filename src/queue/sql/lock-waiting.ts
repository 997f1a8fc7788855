import type { Queryable } from '../../postgres/database.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

/**
 * Locks waiting jobs of these blocks that an edit replaces: in retry, with a lower priority, or delayed. In order of their
 * keys, as every path locks jobs. A job that a worker fetches at the same time is skipped.
 */
export async function lockWaiting(
  tx: Queryable,
  names: QueueNames,
  blockIds: readonly string[],
  belowPriority: number,
): Promise<{ id: string; blockId: string }[]> {
  return await tx.query<{ id: string; blockId: string }>(
    `SELECT id::text AS id, singleton_key AS "blockId" FROM ${jobTable(names)}
 WHERE name = $1 AND policy = 'exclusive' AND state < 'active' AND coalesce(singleton_key, '') = ANY ($2::text[])
   AND (state = 'retry' OR priority < $3 OR start_after > now())
 ORDER BY singleton_key FOR UPDATE SKIP LOCKED`,
    [names.queue, blockIds, belowPriority],
  );
}
