import { isPendingSql } from '../../blocks/status.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { jobTable, liveJob } from '../../queue/sql/job-table.js';

/** How many blocks are pending (which NULL is, too) without a live job. Reads the whole table; asked once a sweep that had to stop. */
export async function countUnqueued(db: Queryable, schema: string, table: BlocksTable): Promise<number> {
  const [row] = await db.query<{ count: string }>(
    `SELECT count(*) AS count FROM ${table.blocks} b WHERE ${isPendingSql(`b.${table.status}`)}
   AND NOT EXISTS (SELECT FROM ${jobTable(schema)} j WHERE ${liveJob(`b.${table.id}::text`)})`,
  );
  return Number(row?.count ?? 0);
}
