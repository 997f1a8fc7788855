import type { Queryable } from '../../postgres/database.js';
import { conditionSql, type Condition } from '../condition.js';
import type { PageRange } from '../page-range.js';
import { pagesPart } from '../table-part.js';
import type { BlocksTable } from '../table.js';

/** A block, and the first of the conditions that holds for it. */
export interface FoundBlock {
  readonly id: string;
  readonly condition: Condition;
}

/**
 * The blocks in a range of pages for which one of the conditions holds, in no order. It reads no vectors.
 *
 * @param conditions at least one
 * @param limit the number of blocks returned at most; null: all
 */
export async function findInPages(
  db: Queryable,
  table: BlocksTable,
  conditions: readonly Condition[],
  range: PageRange,
  limit: number | null,
): Promise<FoundBlock[]> {
  const wanted = conditions.map((condition) => ({ condition, sql: conditionSql(table, condition) }));
  const cases = wanted.map(({ condition, sql }) => `WHEN ${sql} THEN '${condition}'`);
  const part = pagesPart(table, range);
  return await db.query<FoundBlock>(
    `SELECT b.${table.id}::text AS id, CASE ${cases.join(' ')} END AS condition FROM ${part.from}
 WHERE ${wanted.map(({ sql }) => `(${sql})`).join(' OR ')} LIMIT $${part.values.length + 1}`,
    [...part.values, limit],
  );
}
