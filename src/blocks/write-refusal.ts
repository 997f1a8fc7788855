import type { Database } from '../postgres/database.js';
import { quoteColumn, quoteTable } from '../postgres/identifiers.js';
import { withFullNames } from '../postgres/full-names.js';
import { ConfigurationError, errorCode } from '../base/errors.js';
import { isStatus, readChecks, widened } from './check-constraints.js';
import { ourColumns, STATUSES } from './sql/our-columns.js';
import { insertFor } from './status-lookup.js';
import type { BlocksTable } from './table.js';
import { firedByUs, remediesFor } from './trigger-remedies.js';
import { readTriggers, type Trigger } from './trigger.js';
import type { Tried } from './walk.js';

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * What the schema refuses of what we write, if it is the schema that does: where one block alone is refused, and by
 * nothing that concerns our columns, that is the block's own matter.
 *
 * @returns ConfigurationError with what the server said and the statements that help
 */
export async function refusalOf(
  db: Database,
  table: BlocksTable,
  { wrote, error, byAll }: Extract<Tried, { outcome: 'refused' }>,
): Promise<ConfigurationError | undefined> {
  const refused = (fix: string) =>
    new ConfigurationError(
      'SCHEMA_WRITE',
      `${table.blocksName} does not take the worker's own write of ${table.columns.status} = '${wrote}': ${error.message}`,
      { fix, cause: error },
    );
  const constraint = fieldOf(error, 'constraint');
  const fix = constraint === undefined ? undefined : await constraintFix(db, table, constraint);
  if (fix !== undefined) return refused(fix);
  const fired = firedByUs(await readTriggers(db, table));
  const where = fieldOf(error, 'where') ?? '';
  const named = fired.filter(({ functionSignature }) => where.includes(functionSignature));
  const culprits = named.length > 0 ? named : fired;
  if (culprits.length === 0) return byAll ? refused(`see what psql shows of it: \\d+ ${table.blocksName}`) : undefined;
  if (errorCode(error) === INSUFFICIENT_PRIVILEGE) return refused(await definers(db, culprits));
  return byAll ? refused(await remediesFor(db, table, culprits)) : undefined;
}

/** Functions that do, as their owners, what this role may not. */
async function definers(db: Database, triggers: readonly Trigger[]): Promise<string> {
  return await withFullNames(db, async (tx) => {
    const rows = await tx.query<{ name: string }>(
      `SELECT DISTINCT tgfoid::regprocedure::text AS name FROM pg_trigger WHERE oid = ANY ($1::oid[]) ORDER BY 1`,
      [triggers.map(({ oid }) => oid)],
    );
    return rows.map(({ name }) => `ALTER FUNCTION ${name} SECURITY DEFINER;`).join('\n');
  });
}

/** @returns undefined where the constraint does not concern our columns */
async function constraintFix(db: Database, table: BlocksTable, name: string): Promise<string | undefined> {
  const inserted = await insertFor(db, table, name);
  if (inserted !== undefined) return inserted;
  return await withFullNames(db, async (tx) => {
    const concerning = (await readChecks(tx, table)).filter(
      (check) => check.name === name && check.columns.some((column) => ourColumns(table).includes(column)),
    );
    if (concerning.length > 0) return concerning.map((check) => widened(check, isStatus(table, STATUSES))).join('\n');
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
      [table.blocks, name, ourColumns(table)],
    );
    const [other] = others;
    if (other === undefined) return undefined;
    const at = quoteTable(other.schema, other.table);
    return other.isConstraint ? `ALTER TABLE ${at} DROP CONSTRAINT ${quoteColumn(name)};` : `DROP INDEX ${at};`;
  });
}

/** A field of the server's error, by the driver's name of it. */
function fieldOf(error: Error, field: 'constraint' | 'where'): string | undefined {
  const value: unknown = Object.entries(error).find(([key]) => key === field)?.[1];
  return typeof value === 'string' ? value : undefined;
}
