import { scopeSql, scopeValues, type BlockScope } from '../../blocks/scope.js';
import { statusSql, type FoundStatus } from '../../blocks/status.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { jobTable, liveJob } from '../../queue/sql/job-table.js';
import type { QueueNames } from '../../queue/queue-names.js';

export interface StatusCount {
  readonly status: FoundStatus;
  readonly count: number;
  /** Of these, those that have a live job. */
  readonly queued: number;
}

export interface CountInScope {
  readonly scope: BlockScope;
  /** Only blocks after this id; null for all. */
  readonly after: string | null;
  /** Whether pg-boss's job table exists. */
  readonly withJobs: boolean;
}

/** How many blocks in scope have each status. Reads the whole table. */
export async function countInScope(
  db: Queryable,
  names: QueueNames,
  table: BlocksTable,
  { scope, after, withJobs }: CountInScope,
): Promise<StatusCount[]> {
  const jobs = withJobs
    ? `LEFT JOIN ${jobTable(names)} j ON ${liveJob(names, `b.${table.id}::text`)}`
    : 'CROSS JOIN (SELECT NULL AS id) j';
  const rows = await db.query<{ status: FoundStatus; count: string; queued: string }>(
    `SELECT ${statusSql(`b.${table.status}`)} AS status, count(*) AS count, count(j.id) AS queued FROM ${table.blocks} b ${jobs}
 WHERE ${scopeSql(table, scope, '$1', '$2')} AND ($3::text IS NULL OR b.${table.id} > $3::text::${table.idType})
 GROUP BY 1`,
    [...scopeValues(scope), after],
  );
  return rows.map(({ status, count, queued }) => ({ status, count: Number(count), queued: Number(queued) }));
}
