import type { Database } from '../../postgres/database.js';
import { quoteColumn, quoteTable } from '../../postgres/identifiers.js';
import { withFullNames } from '../../postgres/full-names.js';
import { ConfigurationError, errorCode } from '../../base/errors.js';
import { readTriggers, type Trigger } from '../sql/read-triggers.js';
import { BLOCK_STATUSES } from '../status.js';
import { writtenColumns, type BlocksTable } from '../table.js';
import { readChecks, statusInSql, widenedCheckSql } from './check-constraints.js';
import { lookupInsertSql } from './status-lookup.js';
import type { TrialResult } from './trial.js';
import { firedByWorker, triggerFix } from './trigger-fix.js';

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Explains a rejected write if the schema is the cause. If only one block is rejected, by nothing that concerns our
 * columns, the cause is that block.
 *
 * @returns ConfigurationError with the server's message and the statements that fix it
 */
export async function rejectionError(
  db: Database,
  table: BlocksTable,
  { wrote, error, everyBlock }: Extract<TrialResult, { outcome: 'rejected' }>,
): Promise<ConfigurationError | undefined> {
  const errorWith = (fix: string) =>
    new ConfigurationError(
      'SCHEMA_WRITE',
      `${table.blocksName} rejects the worker's own write of ${table.columns.status} = '${wrote}': ${error.message}`,
      { fix, cause: error },
    );
  const constraint = fieldOf(error, 'constraint');
  const fix = constraint === undefined ? undefined : await constraintFix(db, table, constraint);
  if (fix !== undefined) return errorWith(fix);
  const fired = firedByWorker(await readTriggers(db, table));
  const where = fieldOf(error, 'where') ?? '';
  const named = fired.filter(({ functionSignature }) => where.includes(functionSignature));
  const suspects = named.length > 0 ? named : fired;
  if (suspects.length === 0) {
    return everyBlock ? errorWith(`check the table's definition with psql: \\d+ ${table.blocksName}`) : undefined;
  }
  if (errorCode(error) === INSUFFICIENT_PRIVILEGE) return errorWith(await securityDefinerSql(db, suspects));
  return everyBlock ? errorWith(await triggerFix(db, table, suspects)) : undefined;
}

/** Lets trigger functions run with the privileges of their owners, because this role's are not enough. */
async function securityDefinerSql(db: Database, triggers: readonly Trigger[]): Promise<string> {
  return await withFullNames(db, async (tx) => {
    const rows = await tx.query<{ name: string }>(
      `SELECT DISTINCT tgfoid::regprocedure::text AS name FROM pg_trigger WHERE oid = ANY ($1::oid[]) ORDER BY 1`,
      [triggers.map(({ oid }) => oid)],
    );
    return rows.map(({ name }) => `ALTER FUNCTION ${name} SECURITY DEFINER;`).join('\n');
  });
}

/** @returns undefined if the constraint does not concern our columns */
async function constraintFix(db: Database, table: BlocksTable, name: string): Promise<string | undefined> {
  const inserted = await lookupInsertSql(db, table, name);
  if (inserted !== undefined) return inserted;
  return await withFullNames(db, async (tx) => {
    const checks = (await readChecks(tx, table)).filter(
      (check) => check.name === name && check.columns.some((column) => writtenColumns(table).includes(column)),
    );
    if (checks.length > 0)
      return checks.map((check) => widenedCheckSql(check, statusInSql(table, BLOCK_STATUSES))).join('\n');
    const others = await tx.query<{ schema: string; table: string; isConstraint: boolean }>(
      `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
), ours AS (
  SELECT attrelid, attnum FROM tree JOIN pg_attribute ON attrelid = tree.oid WHERE attname = ANY ($3::text[])
), found AS (
  SELECT k.conrelid AS owner, true AS "isConstraint" FROM ours JOIN pg_constraint k ON k.conrelid = attrelid AND attnum = ANY (k.conkey)
   WHERE k.conname = $2 AND k.contype IN ('u', 'x', 'f')
  UNION
  SELECT c.oid, false FROM ours JOIN pg_index x ON x.indrelid = attrelid AND attnum = ANY (x.indkey::int2[])
    JOIN pg_class c ON c.oid = x.indexrelid
   WHERE c.relname = $2 AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid)
)
SELECT n.nspname::text AS schema, c.relname::text AS table, "isConstraint"
  FROM found JOIN pg_class c ON c.oid = found.owner JOIN pg_namespace n ON n.oid = c.relnamespace LIMIT 1`,
      [table.blocks, name, writtenColumns(table)],
    );
    const [other] = others;
    if (other === undefined) return undefined;
    const at = quoteTable(other.schema, other.table);
    return other.isConstraint ? `ALTER TABLE ${at} DROP CONSTRAINT ${quoteColumn(name)};` : `DROP INDEX ${at};`;
  });
}

/** A field of the server's error, by the driver's name for it. */
function fieldOf(error: Error, field: 'constraint' | 'where'): string | undefined {
  const value: unknown = Object.entries(error).find(([key]) => key === field)?.[1];
  return typeof value === 'string' ? value : undefined;
}
