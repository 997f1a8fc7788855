import type { Queryable } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';
import { ConfigurationError } from '../../base/errors.js';
import { readTablesBehind } from '../sql/read-tables-behind.js';
import { writtenColumns, type BlocksTable } from '../table.js';

/** The system column with a row's place in the table, by which a sweep reads it. */
const PLACE = 'ctid';

/**
 * Checks that the role may read what we embed and write our two columns.
 *
 * @throws ConfigurationError with the missing GRANTs
 */
export async function requirePrivileges(db: Queryable, table: BlocksTable): Promise<void> {
  const { id, noteId, type, content, position, notesId, notesTitle } = table.columns;
  const [row] = await db.query<{ role: string; missing: string[] }>(
    `SELECT current_user::text AS role, ARRAY(
  SELECT 'SELECT on blocks ' || c FROM unnest($3::text[]) c WHERE NOT has_column_privilege($1, c, 'SELECT')
  UNION ALL
  SELECT 'SELECT on notes ' || c FROM unnest($4::text[]) c WHERE NOT has_column_privilege($2, c, 'SELECT')
  UNION ALL
  SELECT 'UPDATE on blocks ' || c FROM unnest($5::text[]) c WHERE NOT has_column_privilege($1, c, 'UPDATE')
) AS missing`,
    [
      table.blocks,
      table.notes,
      [id, noteId, type, content, ...(position === null ? [] : [position]), ...writtenColumns(table), PLACE],
      [notesId, notesTitle],
      writtenColumns(table),
    ],
  );
  if (row === undefined) return;
  const unusable = await readUnusableSchemas(db, table);
  const behind = (await readTablesBehind(db, table.notes)).filter(
    ({ sql, isReadable }) => !isReadable && sql !== table.notes,
  );
  const missing = [
    ...row.missing,
    ...behind.map(({ name }) => `SELECT on ${name} behind notes`),
    ...unusable.map(({ name, types }) => `USAGE on schema ${name} of the type ${types.join(', ')}`),
  ];
  if (missing.length === 0) return;
  const role = quoteColumn(row.role);
  const unreadable = row.missing.filter((missing) => missing.startsWith('SELECT on blocks'));
  const lacks = (privilege: string) => row.missing.some((missing) => missing.startsWith(privilege));
  const grants = [
    ...unusable.map(({ schema }) => `GRANT USAGE ON SCHEMA ${quoteColumn(schema)} TO ${role};`),
    ...(unreadable.length > 0 ? [`GRANT SELECT${isPlaceOnly(unreadable)} ON ${table.blocks} TO ${role};`] : []),
    ...(lacks('SELECT on notes') ? [`GRANT SELECT ON ${table.notes} TO ${role};`] : []),
    ...behind.map(({ sql }) => `GRANT SELECT ON ${sql} TO ${role};`),
    ...(lacks('UPDATE')
      ? [`GRANT UPDATE (${writtenColumns(table).map(quoteColumn).join(', ')}) ON ${table.blocks} TO ${role};`]
      : []),
  ];
  throw new ConfigurationError(
    'SCHEMA_PRIVILEGE',
    `the role ${row.role} lacks privileges that the worker needs: ${missing.join(', ')}`,
    { fix: grants.join('\n') },
  );
}

/** A role that may read each column by name lacks only this one, which it could not before. */
function isPlaceOnly(unreadable: readonly string[]): string {
  return unreadable.length === 1 && unreadable[0] === `SELECT on blocks ${PLACE}` ? ` (${PLACE})` : '';
}

interface UnusableSchema {
  /** As in the catalogue. */
  readonly schema: string;
  /** For messages: quoted only where SQL needs it. */
  readonly name: string;
  readonly types: readonly string[];
}

/** Schemas of our columns' types, such as `extensions`, that the role may not use: it could not cast to those types. */
async function readUnusableSchemas(db: Queryable, table: BlocksTable): Promise<UnusableSchema[]> {
  return await db.query<UnusableSchema>(
    `SELECT n.nspname::text AS schema, quote_ident(n.nspname) AS name, array_agg(DISTINCT t.typname::text) AS types
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE a.attrelid = to_regclass($1) AND a.attname = ANY ($2::text[]) AND NOT has_schema_privilege(n.oid, 'USAGE')
 GROUP BY n.nspname ORDER BY n.nspname`,
    [table.blocks, writtenColumns(table)],
  );
}
