import type { TableNames } from '../config.js';
import { quoteTable } from '../database/identifiers.js';
import type { Queryable } from '../database/database.js';

/** An index on the blocks table that has to do with our two columns. */
export interface BlocksIndex {
  /** Quoted, as a statement takes it. */
  readonly name: string;
  /** `hnsw`, `ivfflat`, `btree`, … */
  readonly method: string;
  /** The operator class of its first column, such as `vector_cosine_ops`. */
  readonly operators: string;
  /** False where building it was interrupted. */
  readonly valid: boolean;
  /** Whether it depends on `embedding_status`, be it in its columns or its WHERE. */
  readonly onStatus: boolean;
  /** Whether it depends on `embedding`. */
  readonly onEmbedding: boolean;
}

/** The indexes on our two columns. What an index depends on, the catalogue knows for columns and expressions alike. */
export async function readIndexes(db: Queryable, names: TableNames): Promise<BlocksIndex[]> {
  return await db.query<BlocksIndex>(
    `SELECT i.indexrelid::regclass::text AS name, am.amname::text AS method, i.indisvalid AS valid,
       coalesce((SELECT opcname::text FROM pg_opclass WHERE oid = i.indclass[0]), '') AS operators,
       'embedding_status' = ANY (used.columns) AS "onStatus", 'embedding' = ANY (used.columns) AS "onEmbedding"
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
 CROSS JOIN LATERAL (SELECT array_agg(a.attname::text) AS columns
                       FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = i.indrelid) used
 WHERE i.indrelid = to_regclass($1) AND used.columns && ARRAY['embedding', 'embedding_status']
 ORDER BY 1`,
    [quoteTable(names.blocksTable)],
  );
}
