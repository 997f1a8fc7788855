import type { Database, Queryable } from '../../postgres/database.js';
import { withFullNames } from '../../postgres/full-names.js';
import { ConfigurationError } from '../../base/errors.js';
import type { BlocksTable } from '../table.js';
import { statusListSql, BLOCK_STATUSES } from '../status.js';

/** A table of statuses that the status column references. */
interface Lookup {
  readonly constraint: string;
  /** pg_class.oid, as text. */
  readonly oid: string;
  /** The table and its column as SQL names them. */
  readonly name: string;
  readonly column: string;
  readonly type: string;
  /** Whether this role sees all of its rows. */
  readonly isReadable: boolean;
}

/**
 * Checks that every status we write is in the table that the status column references, if it references one.
 *
 * @throws ConfigurationError with the INSERT for the missing ones
 */
export async function requireStatusesInLookup(db: Database, table: BlocksTable): Promise<void> {
  const missing = await withFullNames(db, async (tx) => {
    for (const lookup of await readLookups(tx, table)) {
      if (!lookup.isReadable) continue;
      const rows = await tx.query<{ status: string }>(
        `SELECT status FROM unnest($1::text[]) status
 WHERE NOT EXISTS (SELECT FROM ${lookup.name} l WHERE l.${lookup.column}::text = status)`,
        [BLOCK_STATUSES],
      );
      const statuses = rows.map(({ status }) => status);
      if (statuses.length > 0) return { lookup, statuses, fix: await insertSql(tx, lookup, statuses) };
    }
    return undefined;
  });
  if (missing === undefined) return;
  const { lookup, statuses, fix } = missing;
  throw new ConfigurationError(
    'SCHEMA_STATUS',
    `${table.blocksName}.${table.columns.status} does not accept ${statuses.join(', ')}: it references ${lookup.name}, which lacks them`,
    { fix },
  );
}

/**
 * The INSERT for the statuses that may be missing from the table of a foreign key.
 *
 * @returns undefined if the constraint is not a foreign key of the status column
 */
export async function lookupInsertSql(
  db: Database,
  table: BlocksTable,
  constraint: string,
): Promise<string | undefined> {
  return await withFullNames(db, async (tx) => {
    const lookup = (await readLookups(tx, table)).find((one) => one.constraint === constraint);
    return lookup && (await insertSql(tx, lookup, BLOCK_STATUSES));
  });
}

async function readLookups(tx: Queryable, table: BlocksTable): Promise<Lookup[]> {
  return await tx.query<Lookup>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
)
SELECT DISTINCT ON (k.confrelid) k.conname::text AS constraint, k.confrelid::text AS oid, k.confrelid::regclass::text AS name,
       quote_ident(f.attname) AS column, format_type(f.atttypid, f.atttypmod) AS type,
       has_column_privilege(k.confrelid, f.attnum, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE')
         AND NOT row_security_active(k.confrelid) AS "isReadable"
  FROM tree JOIN pg_constraint k ON k.conrelid = tree.oid
  JOIN pg_attribute a ON a.attrelid = k.conrelid AND ARRAY[a.attnum] = k.conkey
  JOIN pg_attribute f ON f.attrelid = k.confrelid AND ARRAY[f.attnum] = k.confkey JOIN pg_class c ON c.oid = k.confrelid
 WHERE k.contype = 'f' AND a.attname = $2
 ORDER BY k.confrelid, k.conname`,
    [table.blocks, table.columns.status],
  );
}

/** Fills the table's other mandatory columns: texts with the status, numbers with the next one, the rest from another row. */
async function insertSql(tx: Queryable, lookup: Lookup, statuses: readonly string[]): Promise<string> {
  const required = await tx.query<{ column: string; type: string; category: string }>(
    `SELECT quote_ident(a.attname) AS column, format_type(a.atttypid, a.atttypmod) AS type, t.typcategory::text AS category
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
 WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef
   AND a.attidentity = '' AND a.attgenerated = '' AND quote_ident(a.attname) <> $2
 ORDER BY a.attnum`,
    [lookup.oid, lookup.column],
  );
  const { name, column } = lookup;
  const columns = [column, ...required.map((one) => one.column)];
  const values = [`status::${lookup.type}`, ...required.map((one) => valueFor(one, name))];
  return `INSERT INTO ${name} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM unnest(ARRAY[${statusListSql(statuses)}]) WITH ORDINALITY AS new (status, place) ON CONFLICT DO NOTHING;`;
}

function valueFor(
  { column, type, category }: { column: string; type: string; category: string },
  name: string,
): string {
  if (category === 'S') return `status::${type}`;
  if (category === 'N') return `(SELECT coalesce(max(${column}), 0) FROM ${name}) + place`;
  if (category === 'B') return 'true';
  if (category === 'D') return 'now()';
  return `(SELECT ${column} FROM ${name} LIMIT 1)`;
}
