import type { Queryable } from '../../postgres/database.js';
import { quoteTable } from '../../postgres/identifiers.js';
import type { BlocksTable } from '../table.js';

/** The blocks table itself, or one of its partitions or of the tables that inherit from it. */
export interface BlocksRelation {
  /** pg_class.oid, as text. */
  readonly oid: string;
  /** Quoted, with schema. */
  readonly sql: string;
  /** For people, quoted only where SQL needs it. */
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  /** Has partitions, and holds no rows of its own. */
  readonly isPartitioned: boolean;
  readonly isForeign: boolean;
  /** The oids of the tables that this one belongs to; none for the blocks table. */
  readonly parents: readonly string[];
  /** Percent of a page that inserts fill; 100 unless set. */
  readonly fillfactor: number;
  /** As the planner estimates them; -1 where nobody has counted yet. */
  readonly rows: number;
}

/**
 * The blocks table and all below it, each after those it belongs to. pg_inherits holds both kinds, partitions and old-style
 * inheritance.
 */
export async function readRelations(db: Queryable, table: BlocksTable): Promise<BlocksRelation[]> {
  const rows = await db.query<Omit<BlocksRelation, 'sql'>>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid, 0 AS depth
  UNION
  SELECT i.inhrelid, tree.depth + 1 FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
), placed AS (
  SELECT oid, max(depth) AS depth FROM tree GROUP BY oid
)
SELECT c.oid::text AS oid, n.nspname::text AS schema, c.relname::text AS table,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
       c.relkind = 'p' AS "isPartitioned", c.relkind = 'f' AS "isForeign", c.reltuples::float8 AS rows,
       ARRAY(SELECT i.inhparent::text FROM pg_inherits i WHERE i.inhrelid = c.oid AND i.inhparent IN (SELECT oid FROM placed)) AS parents,
       coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 100)
         AS fillfactor
  FROM placed JOIN pg_class c ON c.oid = placed.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY placed.depth, n.nspname, c.relname`,
    [table.blocks],
  );
  return rows.map((row) => ({ ...row, sql: quoteTable(row.schema, row.table) }));
}

/** A few names for people, however many there are. */
export function listed(names: readonly string[]): string {
  const MOST = 5;
  const shown = names.slice(0, MOST);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more.toLocaleString('en-US')} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}
