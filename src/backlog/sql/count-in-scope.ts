import { scopeSql, scopeValues, type BlockScope } from '../../blocks/scope.js';
import { hasStatusSql, statusSql, WAITING, type FoundStatus } from '../../blocks/status.js';
import type { TablePart } from '../../blocks/table-part.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { jobTable, liveJob } from '../../queue/sql/job-table.js';
import type { QueueNames } from '../../queue/queue-names.js';

export interface StatusCount {
  readonly status: FoundStatus;
  /** All blocks of this part of the table that have this status. */
  readonly rows: number;
  /** Of these, the blocks in scope. */
  readonly count: number;
  /** Of the blocks in scope, those that wait and have a live job. */
  readonly queued: number;
}

export interface CountInScope {
  readonly scope: BlockScope;
  /** Only blocks after this id; null for all. */
  readonly after: string | null;
  /** Whether pg-boss's job table exists. */
  readonly withJobs: boolean;
}

/** How many blocks of a part of the table have each status. */
export async function countInScope(
  db: Queryable,
  names: QueueNames,
  table: BlocksTable,
  { scope, after, withJobs }: CountInScope,
  part: TablePart,
): Promise<StatusCount[]> {
  const parameter = (place: number) => `$${part.values.length + place}`;
  const afterId = `${parameter(3)}::text`;
  const isQueued = withJobs ? `EXISTS (SELECT FROM ${jobTable(names)} j WHERE ${liveJob(names, 'b.id')})` : 'false';
  return await db.query<StatusCount>(
    `SELECT status, count(*)::float8 AS rows, count(*) FILTER (WHERE in_scope)::float8 AS count,
       count(*) FILTER (WHERE in_scope AND waits AND ${isQueued})::float8 AS queued
  FROM (SELECT b.${table.id}::text AS id, ${statusSql(`b.${table.status}`)} AS status,
               ${hasStatusSql(`b.${table.status}`, WAITING)} AS waits,
               ${scopeSql(table, scope, parameter(1), parameter(2))}
                 AND (${afterId} IS NULL OR b.${table.id} > ${afterId}::${table.idType}) AS in_scope
          FROM ${part.from} WHERE ${part.where}) b
 GROUP BY 1`,
    [...part.values, ...scopeValues(scope), after],
  );
}
