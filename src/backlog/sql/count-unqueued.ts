import { isPendingSql } from '../../blocks/status.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { jobTable, liveJob } from '../../queue/sql/job-table.js';
import type { QueueNames } from '../../queue/queue-names.js';

/** How many blocks are pending (or NULL) without a live job. Reads the whole table. */
export async function countUnqueued(db: Queryable, names: QueueNames, table: BlocksTable): Promise<number> {
  const [row] = await db.query<{ count: string }>(
    `SELECT count(*) AS count FROM ${table.blocks} b WHERE ${isPendingSql(`b.${table.status}`)}
   AND NOT EXISTS (SELECT FROM ${jobTable(names)} j WHERE ${liveJob(names, `b.${table.id}::text`)})`,
  );
  return Number(row?.count ?? 0);
}
