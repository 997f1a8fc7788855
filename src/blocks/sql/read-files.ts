import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/** A file of rows: of the blocks table itself, a partition, or a table that inherits from it. */
export interface TableFile {
  /** pg_class.oid, as text. */
  readonly relation: string;
  /**
   * Names the file on disk. VACUUM FULL, CLUSTER, TRUNCATE and some ALTER TABLE put the rows into another one. null for a
   * foreign table, whose size is unknown.
   */
  readonly filenode: string | null;
  readonly pages: number;
}

/** The files of the blocks table and all tables below it. Partitioned tables have none. */
export async function readFiles(db: Queryable, table: BlocksTable): Promise<TableFile[]> {
  return await db.query<TableFile>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
)
SELECT c.oid::text AS relation, pg_relation_filenode(c.oid)::text AS filenode,
       ceil(coalesce(pg_relation_size(c.oid), 0)::float8 / current_setting('block_size')::int) AS pages
  FROM tree JOIN pg_class c ON c.oid = tree.oid WHERE c.relkind <> 'p'`,
    [table.blocks],
  );
}
