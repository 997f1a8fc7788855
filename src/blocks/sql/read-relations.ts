import type { Queryable } from '../../postgres/database.js';
import { quoteTable } from '../../postgres/identifiers.js';
import type { BlocksTable } from '../table.js';

/** The blocks table, one of its partitions, or a table that inherits from it. */
export interface BlocksRelation {
  /** pg_class.oid, as text. */
  readonly oid: string;
  /** Quoted, with schema. */
  readonly sql: string;
  /** For messages: quoted only where SQL needs it. */
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  /** Has partitions and no rows of its own. */
  readonly isPartitioned: boolean;
  readonly isForeign: boolean;
  /** The oids of its parent tables; none for the blocks table. */
  readonly parents: readonly string[];
  /** Percentage of a page that inserts fill; 100 by default. */
  readonly fillfactor: number;
  /** The planner's estimate; -1 before the first VACUUM or ANALYZE. */
  readonly rows: number;
  /** The size of the rows on disk, without indexes and without values stored elsewhere (TOAST). */
  readonly bytes: number;
}

/**
 * The blocks table and all tables below it, parents first. pg_inherits lists both partitions and tables of old-style
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
       coalesce(pg_relation_size(c.oid), 0)::float8 AS bytes,
       ARRAY(SELECT i.inhparent::text FROM pg_inherits i WHERE i.inhrelid = c.oid AND i.inhparent IN (SELECT oid FROM placed)) AS parents,
       coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 100)
         AS fillfactor
  FROM placed JOIN pg_class c ON c.oid = placed.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY placed.depth, n.nspname, c.relname`,
    [table.blocks],
  );
  return rows.map((row) => ({ ...row, sql: quoteTable(row.schema, row.table) }));
}
