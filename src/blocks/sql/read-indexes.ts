import type { Queryable } from '../../postgres/database.js';
import { writtenColumns, type BlocksTable } from '../table.js';

/** An index on the blocks table, or on a table below it, that uses one of our two columns. */
export interface BlocksIndex {
  /** pg_class.oid, as text. */
  readonly oid: string;
  /** Quoted for use in a statement; with its schema, unless that is `public`. */
  readonly name: string;
  /** Without its schema, as in the catalogue. */
  readonly plainName: string;
  /** The oid of its table. */
  readonly relation: string;
  /** An index of a partitioned table: it is empty, the attached indexes hold the entries. */
  readonly isPartitioned: boolean;
  /** The oid of the partitioned index that it is attached to. */
  readonly attachedTo: string | null;
  /** `hnsw`, `ivfflat`, `btree`, … */
  readonly method: string;
  /** The operator class of its first column, such as `vector_cosine_ops`. */
  readonly operators: string;
  /** One column, all rows: it can be attached to such an index of the partitioned table. */
  readonly isPlain: boolean;
  /** False if its build was interrupted, or if a partition has no index attached to it. */
  readonly valid: boolean;
  /** Whether it enforces a constraint, such as a primary key. */
  readonly isConstraint: boolean;
  /** Whether it depends on the status column, in its columns or in its WHERE. */
  readonly onStatus: boolean;
  /** Whether it depends on the embedding column. */
  readonly onEmbedding: boolean;
  /** The columns that it is ordered by, unquoted; null stands for an expression. */
  readonly keys: readonly (string | null)[];
  /** The condition of a partial index, as SQL. */
  readonly predicate: string | null;
}

/** The indexes on our two columns. pg_depend lists the columns an index uses, also those in expressions. */
export async function readIndexes(db: Queryable, table: BlocksTable): Promise<BlocksIndex[]> {
  return await db.query<BlocksIndex>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
)
SELECT c.oid::text AS oid, CASE WHEN n.nspname = 'public' THEN i.indexrelid::regclass::text
            ELSE quote_ident(n.nspname) || '.' || quote_ident(c.relname) END AS name, c.relname::text AS "plainName",
        i.indrelid::text AS relation, c.relkind = 'I' AS "isPartitioned",
       (SELECT inhparent::text FROM pg_inherits WHERE inhrelid = c.oid) AS "attachedTo",
       am.amname::text AS method, i.indisvalid AS valid,
       i.indnatts = 1 AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT i.indisunique AS "isPlain",
       EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid AND contype IN ('p', 'u', 'x')) AS "isConstraint",
       coalesce((SELECT opcname::text FROM pg_opclass WHERE oid = i.indclass[0]), '') AS operators,
       $3 = ANY (used.columns) AS "onStatus", $4 = ANY (used.columns) AS "onEmbedding",
       ARRAY(SELECT (SELECT attname::text FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = k.attnum)
               FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place) WHERE k.place <= i.indnkeyatts ORDER BY k.place) AS keys,
       pg_get_expr(i.indpred, i.indrelid) AS predicate
  FROM tree JOIN pg_index i ON i.indrelid = tree.oid JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
  JOIN pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (SELECT array_agg(a.attname::text) AS columns
                       FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = i.indrelid) used
 WHERE used.columns && $2::text[]
 ORDER BY name`,
    [table.blocks, writtenColumns(table), table.columns.status, table.columns.embedding],
  );
}

/** The names of relations that end like the names we give to indexes: `schema.name`, unquoted. */
export async function readTakenNames(db: Queryable, ending: string): Promise<Set<string>> {
  const rows = await db.query<{ name: string }>(
    `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relname ~ (regexp_replace($1, '\\W', '\\\\\\&', 'g') || '[0-9]*$')`,
    [ending],
  );
  return new Set(rows.map(({ name }) => name));
}
