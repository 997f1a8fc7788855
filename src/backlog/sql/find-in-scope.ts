import { scopeSql, scopeValues, type BlockScope } from '../../blocks/scope.js';
import { hasStatusSql, statusSql, type FoundStatus } from '../../blocks/status.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { jobTable, liveJob } from '../../queue/sql/job-table.js';
import type { QueueNames } from '../../queue/queue-names.js';

/** A block on a page. */
export interface FoundBlock {
  readonly id: string;
  readonly status: FoundStatus;
  /** Whether it has a live job. */
  readonly queued: boolean;
}

export interface FindInScope {
  readonly scope: BlockScope;
  readonly statuses: readonly FoundStatus[];
  /** The last id of the page before, null for the first. */
  readonly after: string | null;
  /** The last id of all, null for no bound. */
  readonly upTo: string | null;
  /** Only these, null for any. */
  readonly ids: readonly string[] | null;
  readonly limit: number;
}

/** One page of the blocks in scope that have one of these statuses, in order of their ids. */
export async function findInScope(
  db: Queryable,
  names: QueueNames,
  table: BlocksTable,
  { scope, statuses, after, upTo, ids, limit }: FindInScope,
): Promise<FoundBlock[]> {
  return await db.query<FoundBlock>(
    `SELECT b.${table.id}::text AS id, ${statusSql(`b.${table.status}`)} AS status,
       EXISTS (SELECT FROM ${jobTable(names)} j WHERE ${liveJob(names, `b.${table.id}::text`)}) AS queued
  FROM ${table.blocks} b
 WHERE ${hasStatusSql(`b.${table.status}`, statuses)} AND ${scopeSql(table, scope, '$1', '$2')}
   AND ($3::text IS NULL OR b.${table.id} > $3::text::${table.idType})
   AND ($4::text IS NULL OR b.${table.id} <= $4::text::${table.idType})
   AND ($5::text[] IS NULL OR b.${table.id} = ANY ($5::text[]::${table.idType}[]))
 ORDER BY b.${table.id} LIMIT $6`,
    [...scopeValues(scope), after, upTo, ids, limit],
  );
}
