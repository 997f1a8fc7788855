import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { jobTable, liveJob } from '../../queue/sql/job-table.js';

/**
 * Sets blocks `pending` that are `processing` while no job of theirs is active: their worker died. Rows that someone
 * has locked are left to the next sweep; they are in somebody's hands.
 *
 * @returns how many
 */
export async function resetOrphans(db: Queryable, schema: string, table: BlocksTable, limit: number): Promise<number> {
  const rows = await db.query(
    `UPDATE ${table.blocks} b SET ${table.status} = 'pending'
  FROM (SELECT b.${table.id} AS id FROM ${table.blocks} b
         WHERE b.${table.status} = 'processing'
           AND NOT EXISTS (SELECT FROM ${jobTable(schema)} j WHERE ${liveJob(`b.${table.id}::text`)} AND j.state = 'active')
         ORDER BY b.${table.id} LIMIT $1 FOR NO KEY UPDATE OF b SKIP LOCKED) orphan
 WHERE b.${table.id} = orphan.id
RETURNING b.${table.id}`,
    [limit],
  );
  return rows.length;
}
