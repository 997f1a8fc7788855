import type { Queryable } from '../../postgres/database.js';
import { conditionSql, type Condition } from '../condition.js';
import type { BlocksTable } from '../table.js';

/** The blocks after an id, in order of their ids. */
export interface Page {
  /** The last id of the previous page; null for the first. */
  readonly after: string | null;
  /** The maximum number of blocks. */
  readonly limit: number;
}

/**
 * The ids of the blocks of one condition, in order. With the status index the statement reads only what it returns, however
 * large the table; without it, it may read the whole table. `readIndexUse` tells whether PostgreSQL uses the index.
 *
 * If it returns fewer than `limit`, there are no more.
 */
export async function findByCondition(
  db: Queryable,
  table: BlocksTable,
  condition: Condition,
  page: Page,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(findByConditionSql(table, condition, page), valuesOf(page));
  return rows.map(({ id }) => id);
}

/**
 * How PostgreSQL would run that statement.
 *
 * @param page null: the same without an order and a limit
 * @returns the output of EXPLAIN (FORMAT JSON), parsed
 */
export async function explainCondition(
  db: Queryable,
  table: BlocksTable,
  condition: Condition,
  page: Page | null,
): Promise<unknown> {
  const [row] = await db.query<{ 'QUERY PLAN': unknown }>(
    `EXPLAIN (FORMAT JSON, VERBOSE, COSTS OFF) ${page === null ? allSql(table, condition) : findByConditionSql(table, condition, page)}`,
    page === null ? [] : valuesOf(page),
  );
  return row?.['QUERY PLAN'];
}

// Ordered by the status too, as the status index is, although it is the same in all rows.
function findByConditionSql(table: BlocksTable, condition: Condition, { after }: Page): string {
  const { id, idType, status } = table;
  const rest = after === null ? '' : ` AND b.${id} > $2::text::${idType}`;
  return `${allSql(table, condition)}${rest} ORDER BY b.${status}, b.${id} LIMIT $1`;
}

function allSql(table: BlocksTable, condition: Condition): string {
  return `SELECT b.${table.id}::text AS id FROM ${table.blocks} b WHERE ${conditionSql(table, condition)}`;
}

function valuesOf({ after, limit }: Page): (string | number)[] {
  return after === null ? [limit] : [limit, after];
}
