import { scopeSql, scopeValues, type BlockScope } from '../../blocks/scope.js';
import { hasStatusByIdSql, statusSql, type FoundStatus } from '../../blocks/status.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { jobTable, liveJob } from '../../queue/sql/job-table.js';
import type { QueueNames } from '../../queue/queue-names.js';

/** A block that a backfill may enqueue. */
export interface FoundBlock {
  readonly id: string;
  readonly status: FoundStatus;
  /** Whether it has a live job. */
  readonly queued: boolean;
}

export interface FindInScope {
  readonly scope: BlockScope;
  readonly statuses: readonly FoundStatus[];
}

/** Those of these blocks that are in scope and have one of these statuses, in order of their ids. */
export async function findInScope(
  db: Queryable,
  names: QueueNames,
  table: BlocksTable,
  { scope, statuses }: FindInScope,
  ids: readonly string[],
): Promise<FoundBlock[]> {
  return await db.query<FoundBlock>(
    `SELECT b.${table.id}::text AS id, ${statusSql(`b.${table.status}`)} AS status,
       EXISTS (SELECT FROM ${jobTable(names)} j WHERE ${liveJob(names, `b.${table.id}::text`)}) AS queued
  FROM ${table.blocks} b
 WHERE b.${table.id} = ANY ($3::text[]::${table.idType}[])
   AND ${hasStatusByIdSql(`b.${table.status}`, statuses)} AND ${scopeSql(table, scope, '$1', '$2')}
 ORDER BY b.${table.id}`,
    [...scopeValues(scope), ids],
  );
}
