import { shellQuoted } from '../base/shell-quoted.js';
import type { Queryable } from '../postgres/database.js';
import { isPermissionDenied } from '../postgres/sqlstate.js';
import { quoteColumn, quoteTable, readTableName, type NameReading } from '../postgres/identifiers.js';
import { ConfigurationError } from '../base/errors.js';

/** The relation that a table's name refers to. */
export interface Relation {
  /** As in the catalogue. */
  readonly schema: string;
  readonly table: string;
  /** For messages: quoted only where SQL needs it. */
  readonly name: string;
  /** pg_class.relkind: r table, p partitioned table, f foreign table, v view, m materialized view, … */
  readonly kind: string;
}

/**
 * Finds a table by the name that the operator gave: read as SQL reads it, otherwise taken literally.
 *
 * @param variable that holds the name
 * @throws ConfigurationError if there is none, naming similar ones, or if the role may not use its schema
 */
export async function findRelation(db: Queryable, text: string, variable: string): Promise<Relation> {
  const readings = readTableName(text);
  let denied: ConfigurationError | undefined;
  for (const reading of readings) {
    try {
      const relation = await lookUp(db, reading);
      if (relation !== undefined) return relation;
    } catch (error) {
      if (!isPermissionDenied(error)) throw error;
      denied ??= await schemaPrivilegeError(db, reading[0] ?? '', error);
    }
  }
  if (denied !== undefined) throw denied;
  const similar = await findSimilar(db, readings);
  throw new ConfigurationError(
    'SCHEMA_TABLE',
    `${variable}: there is no table ${text} in this database that this role may see`,
    {
      fix:
        similar.length > 0
          ? similar.map((name) => shellAssignment(variable, name)).join('\nor ')
          : `run the API's migrations, or correct ${variable}`,
    },
  );
}

/** An assignment of a variable, quoted for a shell. */
export function shellAssignment(variable: string, value: string): string {
  return `${variable}=${shellQuoted(value)}`;
}

async function lookUp(db: Queryable, reading: NameReading): Promise<Relation | undefined> {
  const [relation] = await db.query<Relation>(
    `SELECT n.nspname::text AS schema, c.relname::text AS table, c.relkind::text AS kind,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)`,
    [reading.map(quoteColumn).join('.')],
  );
  return relation;
}

async function schemaPrivilegeError(db: Queryable, schema: string, cause: Error): Promise<ConfigurationError> {
  const [row] = await db.query<{ role: string }>('SELECT current_user::text AS role');
  const role = row?.role ?? '';
  return new ConfigurationError('SCHEMA_PRIVILEGE', `the role ${role} may not use the schema ${schema}`, {
    fix: `GRANT USAGE ON SCHEMA ${quoteColumn(schema)} TO ${quoteColumn(role)};`,
    cause,
  });
}

/** Tables of the same name in other schemas or with other capitals. */
async function findSimilar(db: Queryable, readings: readonly NameReading[]): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE lower(c.relname) IN (SELECT lower(name) FROM unnest($1::text[]) name) AND c.relkind IN ('r', 'p', 'f')
   AND NOT c.relispartition AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
 ORDER BY 1 LIMIT 3`,
    [readings.map((reading) => reading.at(-1) ?? '')],
  );
  return rows.map(({ name }) => name);
}

/**
 * Rejects anything but a table, because blocks are written to it.
 *
 * @throws ConfigurationError; for a view, it names the table behind it
 */
export async function requireTable(db: Queryable, relation: Relation, variable: string): Promise<void> {
  if (TABLES.has(relation.kind)) return;
  const tables = await db.query<{ name: string }>(
    `SELECT DISTINCT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
  FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
  JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE r.ev_class = to_regclass($1) AND c.relkind IN ('r', 'p', 'f')
 ORDER BY 1`,
    [quoteTable(relation.schema, relation.table)],
  );
  throw new ConfigurationError(
    'SCHEMA_TABLE',
    `${variable}: ${relation.name} is ${KINDS[relation.kind] ?? 'not a table'}, but the API's trigger is on a table`,
    {
      fix:
        tables.length > 0
          ? tables.map(({ name }) => shellAssignment(variable, name)).join('\nor ')
          : `set ${variable} to the table`,
    },
  );
}

/**
 * Rejects anything that cannot be read like a table.
 *
 * @throws ConfigurationError
 */
export function requireReadable(relation: Relation, variable: string): void {
  if (TABLES.has(relation.kind) || relation.kind === 'v' || relation.kind === 'm') return;
  throw new ConfigurationError(
    'SCHEMA_TABLE',
    `${variable}: ${relation.name} is ${KINDS[relation.kind] ?? 'not a table'}`,
    {
      fix: `set ${variable} to a table`,
    },
  );
}

const TABLES: ReadonlySet<string> = new Set(['r', 'p', 'f']);
const KINDS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  i: 'an index',
  I: 'an index',
  S: 'a sequence',
  c: 'a type',
};
