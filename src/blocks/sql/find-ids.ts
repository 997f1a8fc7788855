import type { Queryable } from '../../postgres/database.js';
import { scopeSql, scopeValues, type BlockScope } from '../scope.js';
import { hasStatusSql, type FoundStatus } from '../status.js';
import type { TablePart } from '../table-part.js';
import type { BlocksTable } from '../table.js';

export interface FindIds {
  readonly scope: BlockScope;
  readonly statuses: readonly FoundStatus[];
  /** Only blocks after this id; null for all. */
  readonly after: string | null;
}

/**
 * The ids of the blocks in a part of the table that are in scope and have one of these statuses, in order. They are sorted
 * after they are found: an index in their order would read far more than the part.
 *
 * @param limit the number of ids at most; null for all
 */
export async function findIds(
  db: Queryable,
  table: BlocksTable,
  { scope, statuses, after }: FindIds,
  part: TablePart,
  limit: number | null,
): Promise<{ readonly id: string }[]> {
  const parameter = (place: number) => `$${part.values.length + place}`;
  const afterId = `${parameter(3)}::text`;
  return await db.query<{ id: string }>(
    `WITH found AS MATERIALIZED (
  SELECT b.${table.id} AS id FROM ${part.from}
   WHERE ${part.where} AND ${hasStatusSql(`b.${table.status}`, statuses)}
     AND ${scopeSql(table, scope, parameter(1), parameter(2))}
     AND (${afterId} IS NULL OR b.${table.id} > ${afterId}::${table.idType})
   LIMIT ${parameter(4)}
)
SELECT id::text AS id FROM found ORDER BY found.id`,
    [...part.values, ...scopeValues(scope), after, limit],
  );
}
