import type { Queryable } from '../../postgres/database.js';
import { quoteTable } from '../../postgres/identifiers.js';

export interface TableBehind {
  /** Quoted, with schema. */
  readonly sql: string;
  /** For messages: quoted only where SQL needs it. */
  readonly name: string;
  /** Whether this role may read it or some of its columns. */
  readonly isReadable: boolean;
}

/**
 * The relations whose privileges and policies apply to this role when it reads a relation: the relation and, if it is a view
 * with `security_invoker` (since PostgreSQL 15), those behind it. Any other view reads with the privileges of its owner.
 *
 * @param sql quoted, with schema
 */
export async function readTablesBehind(db: Queryable, sql: string): Promise<TableBehind[]> {
  const rows = await db.query<{ schema: string; table: string; name: string; isReadable: boolean }>(
    `WITH RECURSIVE behind AS (
  SELECT to_regclass($1)::oid AS oid
  UNION
  SELECT d.refobjid FROM behind JOIN pg_class v ON v.oid = behind.oid AND v.relkind = 'v' JOIN pg_rewrite r ON r.ev_class = v.oid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
   WHERE EXISTS (SELECT FROM pg_options_to_table(v.reloptions) WHERE option_name = 'security_invoker' AND option_value::boolean)
)
SELECT n.nspname::text AS schema, c.relname::text AS table, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
       has_any_column_privilege(c.oid, 'SELECT') AS "isReadable"
  FROM behind JOIN pg_class c ON c.oid = behind.oid JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY name`,
    [sql],
  );
  return rows.map(({ schema, table, name, isReadable }) => ({ sql: quoteTable(schema, table), name, isReadable }));
}
