import type { Database, Queryable } from '../postgres/database.js';
import { onOneLine, quoteColumn, quoteTable } from '../postgres/identifiers.js';
import { withFullNames } from '../postgres/full-names.js';
import { errorCode } from '../base/errors.js';
import { ourColumns, someVector, statusList, STATUSES } from './sql/our-columns.js';
import type { BlockStatus } from './status.js';
import type { BlocksTable } from './table.js';

/** A constraint that refuses what we write, and the SQL that has it take it. */
export interface Refusal {
  readonly name: string;
  /** The table it is on, for people. */
  readonly on: string;
  /** The statuses that it refuses; none where it refuses a block without a vector, or the vector itself. */
  readonly statuses: readonly BlockStatus[];
  readonly fix: string;
}

/** A CHECK of the blocks table, or of a table below it. */
export interface CheckConstraint {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  /** The table, for people. */
  readonly on: string;
  /** Its condition, as SQL. */
  readonly expression: string;
  /** Whether all rows are known to keep it. */
  readonly isValidated: boolean;
  /** The columns it concerns. */
  readonly columns: readonly string[];
}

/** What a block of ours can be: its status, and whether it has a vector. */
const STATES: readonly (readonly [BlockStatus, 'vector' | 'none'])[] = [
  ['pending', 'none'],
  ['pending', 'vector'],
  ['processing', 'none'],
  ['processing', 'vector'],
  ['error', 'none'],
  ['error', 'vector'],
  ['completed', 'vector'],
  ['skipped', 'none'],
];

/**
 * The CHECKs on our columns alone that refuse something we write, found by evaluating each, so that it takes no row. Those
 * that concern other columns, too, are tried on rows.
 */
export async function findRefusals(db: Database, table: BlocksTable): Promise<Refusal[]> {
  return await withFullNames(db, async (tx) => {
    const types = await readTypes(tx, table);
    const refusals: Refusal[] = [];
    for (const check of await readChecks(tx, table)) {
      if (check.columns.length === 0 || !check.columns.every((column) => ourColumns(table).includes(column))) continue;
      const refusal = await evaluate(tx, table, check, types);
      if (refusal !== undefined) refusals.push(refusal);
    }
    return refusals;
  });
}

/**
 * The CHECKs on the blocks table and below, each where it was made: those that a partition has from its table are not
 * repeated.
 *
 * @param tx with an empty search path
 */
export async function readChecks(tx: Queryable, table: BlocksTable): Promise<CheckConstraint[]> {
  return await tx.query<CheckConstraint>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
)
SELECT k.conname::text AS name, n.nspname::text AS schema, c.relname::text AS table,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS on, pg_get_expr(k.conbin, k.conrelid) AS expression,
       k.convalidated AS "isValidated",
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS columns
  FROM tree JOIN pg_constraint k ON k.conrelid = tree.oid
  JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype = 'c' AND (k.coninhcount = 0 OR k.conrelid = to_regclass($1))
   AND to_jsonb(k) ->> 'conenforced' IS DISTINCT FROM 'false' -- since PostgreSQL 18
 ORDER BY k.conname, k.conrelid`,
    [table.blocks],
  );
}

/** The same constraint, which takes these states of a block, too, and whatever it takes now. */
export function widened(
  { name, schema, table, expression, isValidated }: CheckConstraint,
  alternative: string,
): string {
  const on = quoteTable(schema, table);
  const constraint = quoteColumn(name);
  // In two steps: the second reads the table while others write to it.
  const make = `ALTER TABLE ${on} DROP CONSTRAINT ${constraint}, ADD CONSTRAINT ${constraint} CHECK ((${onOneLine(expression)}) OR ${alternative}) NOT VALID;`;
  return isValidated ? `${make}\nALTER TABLE ${on} VALIDATE CONSTRAINT ${constraint};` : make;
}

/** The condition that a status is one of these. */
export function isStatus({ status }: BlocksTable, statuses: readonly string[]): string {
  return `${status} IN (${statusList(statuses)})`;
}

interface Types {
  readonly status: string;
  readonly vector: string;
}

async function readTypes(tx: Queryable, table: BlocksTable): Promise<Types> {
  const rows = await tx.query<{ name: string; type: string }>(
    `SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
 WHERE attrelid = to_regclass($1) AND attname = ANY ($2::text[])`,
    [table.blocks, ourColumns(table)],
  );
  const typeOf = (column: string) => rows.find(({ name }) => name === column)?.type ?? 'text';
  return { status: typeOf(table.columns.status), vector: typeOf(table.columns.embedding) };
}

async function evaluate(
  tx: Queryable,
  table: BlocksTable,
  check: CheckConstraint,
  types: Types,
): Promise<Refusal | undefined> {
  const states = await answerOf(tx, () =>
    tx.query<{ status: BlockStatus; hasVector: boolean; isTaken: boolean }>(
      `SELECT ${table.status}::text AS status, ${table.embedding} IS NOT NULL AS "hasVector", (${check.expression}) IS NOT FALSE AS "isTaken"
  FROM (SELECT status::${types.status} AS ${table.status}, CASE WHEN vector = 'vector' THEN $3::text::${types.vector} END AS ${table.embedding}
          FROM unnest($1::text[], $2::text[]) AS states (status, vector)) ${quoteColumn(check.table)}`,
      [STATES.map(([status]) => status), STATES.map(([, vector]) => vector), someVector(table)],
    ),
  );
  const refused = (states ?? []).filter(({ isTaken }) => !isTaken);
  if (refused.length === 0) return undefined;
  const { name, on, schema, table: relation } = check;
  if (check.columns.includes(table.columns.status)) {
    const statuses = STATUSES.filter((status) => refused.some((state) => state.status === status));
    return { name, on, statuses, fix: widened(check, isStatus(table, statuses)) };
  }
  const fix = refused.some(({ hasVector }) => hasVector)
    ? `ALTER TABLE ${quoteTable(schema, relation)} DROP CONSTRAINT ${quoteColumn(name)};`
    : widened(check, `${table.embedding} IS NULL`);
  return { name, on, statuses: [], fix };
}

/** @returns undefined where it cannot be evaluated apart from a row, such as for a function that the role may not call */
async function answerOf<T>(tx: Queryable, ask: () => Promise<T>): Promise<T | undefined> {
  await tx.query('SAVEPOINT ask');
  try {
    return await ask();
  } catch (error) {
    if (!/^(22|42|P0)/.test(errorCode(error) ?? '')) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT ask');
    return undefined;
  }
}
