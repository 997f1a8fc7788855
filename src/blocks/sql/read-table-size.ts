import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/** The size of the blocks table and all tables below it. */
export interface TableSize {
  readonly pages: number;
  /** The planner's estimate; null if some table with rows was never vacuumed or analyzed. */
  readonly rows: number | null;
  /** Whether PostgreSQL can sample it: not if a table is a foreign one. */
  readonly canSample: boolean;
}

/** As the planner does, it takes the rows per page from the last VACUUM or ANALYZE and the pages from the files. */
export async function readTableSize(db: Queryable, table: BlocksTable): Promise<TableSize> {
  const [size] = await db.query<TableSize>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
), sized AS (
  SELECT c.relkind, c.reltuples, c.relpages,
         coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::float8 AS pages
    FROM tree JOIN pg_class c ON c.oid = tree.oid WHERE c.relkind <> 'p'
)
SELECT coalesce(sum(pages), 0)::float8 AS pages,
       CASE WHEN bool_and(pages = 0 OR (relpages > 0 AND reltuples >= 0))
            THEN sum(CASE WHEN pages = 0 THEN 0 ELSE reltuples / nullif(relpages, 0) * pages END)::float8 END AS rows,
       coalesce(bool_and(relkind <> 'f'), true) AS "canSample"
  FROM sized`,
    [table.blocks],
  );
  return size ?? { pages: 0, rows: 0, canSample: true };
}
