import { hasStatusSql, type FoundStatus } from '../../blocks/status.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { jobTable, liveJob } from '../../queue/sql/job-table.js';

export interface FindUnqueued {
  /** With `processing`, those whose worker died and whose job is gone are found, too. */
  readonly statuses: readonly FoundStatus[];
  /** The last id of the page before, null for the first. */
  readonly after: string | null;
  readonly limit: number;
}

/** One page of the blocks that wait and have no live job, in order of their ids. */
export async function findUnqueued(
  db: Queryable,
  schema: string,
  table: BlocksTable,
  { statuses, after, limit }: FindUnqueued,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT b.${table.id}::text AS id FROM ${table.blocks} b
 WHERE ${hasStatusSql(`b.${table.status}`, statuses)} AND ($1::text IS NULL OR b.${table.id} > $1::text::${table.idType})
   AND NOT EXISTS (SELECT FROM ${jobTable(schema)} j WHERE ${liveJob(`b.${table.id}::text`)})
 ORDER BY b.${table.id} LIMIT $2`,
    [after, limit],
  );
  return rows.map((row) => row.id);
}
