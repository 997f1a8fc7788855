import type { Database, Queryable } from '../../postgres/database.js';
import { onOneLine, quoteColumn, quoteTable } from '../../postgres/identifiers.js';
import { withFullNames } from '../../postgres/full-names.js';
import { errorCode } from '../../base/errors.js';
import { statusListSql, BLOCK_STATUSES, type BlockStatus } from '../status.js';
import { writtenColumns, type BlocksTable } from '../table.js';
import { sampleVector } from '../sample-vector.js';

/** A CHECK that rejects what we write, and the SQL that makes it accept that. */
export interface RejectingCheck {
  readonly name: string;
  /** Its table, for messages. */
  readonly on: string;
  /** The rejected statuses; none if it rejects a block without a vector, or the vector itself. */
  readonly statuses: readonly BlockStatus[];
  readonly fix: string;
}

/** A CHECK of the blocks table, or of a table below it. */
export interface CheckConstraint {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  /** The table, for messages. */
  readonly on: string;
  /** Its condition, as SQL. */
  readonly expression: string;
  /** Whether all rows are known to satisfy it. */
  readonly isValidated: boolean;
  /** The columns that it reads. */
  readonly columns: readonly string[];
}

/** The states that a block can be in: its status, and whether it has a vector. */
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
 * The CHECKs that read only our columns and reject something we write. Each is evaluated without a row. CHECKs that also
 * read other columns are tried on rows.
 */
export async function findRejectingChecks(db: Database, table: BlocksTable): Promise<RejectingCheck[]> {
  return await withFullNames(db, async (tx) => {
    const types = await readTypes(tx, table);
    const ours = writtenColumns(table);
    const rejecting: RejectingCheck[] = [];
    for (const check of await readChecks(tx, table)) {
      if (check.columns.length === 0 || !check.columns.every((column) => ours.includes(column))) continue;
      const rejectingCheck = await evaluateCheck(tx, table, check, types);
      if (rejectingCheck !== undefined) rejecting.push(rejectingCheck);
    }
    return rejecting;
  });
}

/**
 * The CHECKs on the blocks table and the tables below it. A CHECK that a partition inherits is listed only for the table
 * that defines it.
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

/** The SQL that makes a constraint accept an alternative in addition to what it accepts now. */
export function widenedCheckSql(
  { name, schema, table, expression, isValidated }: CheckConstraint,
  alternative: string,
): string {
  const on = quoteTable(schema, table);
  const constraint = quoteColumn(name);
  // In two steps: the second reads the table without blocking writes.
  const replaceSql = `ALTER TABLE ${on} DROP CONSTRAINT ${constraint}, ADD CONSTRAINT ${constraint} CHECK ((${onOneLine(expression)}) OR ${alternative}) NOT VALID;`;
  return isValidated ? `${replaceSql}\nALTER TABLE ${on} VALIDATE CONSTRAINT ${constraint};` : replaceSql;
}

/** SQL that holds for a status that is one of these. */
export function statusInSql({ status }: BlocksTable, statuses: readonly string[]): string {
  return `${status} IN (${statusListSql(statuses)})`;
}

interface Types {
  readonly status: string;
  readonly vector: string;
}

async function readTypes(tx: Queryable, table: BlocksTable): Promise<Types> {
  const rows = await tx.query<{ name: string; type: string }>(
    `SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
 WHERE attrelid = to_regclass($1) AND attname = ANY ($2::text[])`,
    [table.blocks, writtenColumns(table)],
  );
  const typeOf = (column: string) => rows.find(({ name }) => name === column)?.type ?? 'text';
  return { status: typeOf(table.columns.status), vector: typeOf(table.columns.embedding) };
}

async function evaluateCheck(
  tx: Queryable,
  table: BlocksTable,
  check: CheckConstraint,
  types: Types,
): Promise<RejectingCheck | undefined> {
  const states = await ifEvaluable(tx, () =>
    tx.query<{ status: BlockStatus; hasVector: boolean; isAccepted: boolean }>(
      `SELECT ${table.status}::text AS status, ${table.embedding} IS NOT NULL AS "hasVector", (${check.expression}) IS NOT FALSE AS "isAccepted"
  FROM (SELECT status::${types.status} AS ${table.status}, CASE WHEN vector = 'vector' THEN $3::text::${types.vector} END AS ${table.embedding}
          FROM unnest($1::text[], $2::text[]) AS states (status, vector)) ${quoteColumn(check.table)}`,
      [STATES.map(([status]) => status), STATES.map(([, vector]) => vector), sampleVector(table)],
    ),
  );
  const rejected = (states ?? []).filter(({ isAccepted }) => !isAccepted);
  if (rejected.length === 0) return undefined;
  const { name, on, schema, table: relation } = check;
  if (check.columns.includes(table.columns.status)) {
    const statuses = BLOCK_STATUSES.filter((status) => rejected.some((state) => state.status === status));
    return { name, on, statuses, fix: widenedCheckSql(check, statusInSql(table, statuses)) };
  }
  const fix = rejected.some(({ hasVector }) => hasVector)
    ? `ALTER TABLE ${quoteTable(schema, relation)} DROP CONSTRAINT ${quoteColumn(name)};`
    : widenedCheckSql(check, `${table.embedding} IS NULL`);
  return { name, on, statuses: [], fix };
}

/** @returns undefined if it cannot be evaluated without a row, for example because the role may not call a function */
async function ifEvaluable<T>(tx: Queryable, query: () => Promise<T>): Promise<T | undefined> {
  await tx.query('SAVEPOINT query');
  try {
    return await query();
  } catch (error) {
    if (!/^(22|42|P0)/.test(errorCode(error) ?? '')) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT query');
    return undefined;
  }
}
