import type { Queryable } from '../../postgres/database.js';
import { PRIORITY } from '../job.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

/** Which of these blocks already have a ready job with the priority of edits that waits for its first attempt. */
export async function findReadyLive(
  tx: Queryable,
  names: QueueNames,
  blockIds: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.query<{ blockId: string }>(
    `SELECT singleton_key AS "blockId" FROM ${jobTable(names)}
 WHERE name = $1 AND policy = 'exclusive' AND state = 'created' AND coalesce(singleton_key, '') = ANY ($2::text[])
   AND priority >= $3 AND start_after <= now()`,
    [names.queue, blockIds, PRIORITY.live],
  );
  return new Set(rows.map(({ blockId }) => blockId));
}
