import { hasStatusByIdSql } from '../../blocks/status.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../../queue/queue-names.js';
import { jobTable, liveJob } from '../../queue/sql/job-table.js';

/**
 * Sets blocks `pending` that are `processing` without an active job: their worker crashed. Locked rows are left to the next
 * sweep.
 *
 * @returns how many
 */
export async function resetOrphans(
  db: Queryable,
  names: QueueNames,
  table: BlocksTable,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const rows = await db.query(
    `UPDATE ${table.blocks} b SET ${table.status} = 'pending'
  FROM (SELECT b.${table.id} AS id FROM ${table.blocks} b
         WHERE b.${table.id} = ANY ($1::text[]::${table.idType}[]) AND ${hasStatusByIdSql(`b.${table.status}`, ['processing'])}
           AND NOT EXISTS (SELECT FROM ${jobTable(names)} j WHERE ${liveJob(names, `b.${table.id}::text`)} AND j.state = 'active')
         ORDER BY b.${table.id} FOR NO KEY UPDATE OF b SKIP LOCKED) orphan
 WHERE b.${table.id} = orphan.id
RETURNING b.${table.id}`,
    [ids],
  );
  return rows.length;
}
