import type { Queryable } from '../../postgres/database.js';
import { scopeSql, scopeValues } from '../scope.js';
import { hasStatusSql } from '../status.js';
import type { BlocksTable } from '../table.js';
import type { FindIds } from './find-ids.js';

/** A number of blocks next to each other in the order of their ids. */
export interface IdWindow {
  /** Those that are in scope and have one of the statuses, in order. */
  readonly ids: readonly string[];
  /** The last id of the window; null if it is empty. */
  readonly last: string | null;
  /** Blocks in the window: fewer than asked for in the last one. */
  readonly rows: number;
}

/**
 * Reads the `size` blocks after an id, in the order of the index on the ids, so that the statement does not grow with the
 * table, however few of them match.
 *
 * @param upTo the last id of all
 */
export async function findInWindow(
  db: Queryable,
  table: BlocksTable,
  { scope, statuses, after }: FindIds,
  upTo: string,
  size: number,
): Promise<IdWindow> {
  // Not `$5 IS NULL OR …`, which no index answers in a plan for any value.
  const isAfter = after === null ? '' : `AND b.${table.id} > $5::text::${table.idType}`;
  const [found] = await db.query<IdWindow>(
    `WITH nearby AS MATERIALIZED (
  SELECT b.${table.id} AS id, ${hasStatusSql(`b.${table.status}`, statuses)} AND ${scopeSql(table, scope, '$1', '$2')} AS matches
    FROM ${table.blocks} b
   WHERE b.${table.id} <= $3::text::${table.idType} ${isAfter}
   ORDER BY b.${table.id} LIMIT $4
)
SELECT ARRAY(SELECT id::text FROM nearby WHERE matches ORDER BY nearby.id) AS ids,
       (SELECT id::text FROM nearby ORDER BY nearby.id DESC LIMIT 1) AS last, (SELECT count(*) FROM nearby)::int AS rows`,
    [...scopeValues(scope), upTo, size, ...(after === null ? [] : [after])],
  );
  return found ?? { ids: [], last: null, rows: 0 };
}
