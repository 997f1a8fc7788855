import { toSql } from 'pgvector';
import type { Queryable } from '../../postgres/database.js';
import { qualifyVectorName } from '../qualify-vector-name.js';
import type { BlocksTable } from '../table.js';

export interface NearestBlock {
  readonly id: string;
  readonly noteId: string;
  readonly noteTitle: string | null;
  readonly type: string;
  readonly content: string | null;
  /** Cosine distance: 0 is the same direction, 1 is unrelated. */
  readonly distance: number;
}

/**
 * The blocks whose vectors are nearest to a vector. The statement can use an HNSW or IVFFlat index on cosine distance;
 * without one it reads the whole table.
 *
 * @param vector number[dimensions]
 * @param blockType if given, only blocks of this type
 */
export async function findNearest(
  db: Queryable,
  table: BlocksTable,
  vector: Float32Array,
  limit: number,
  blockType?: string,
): Promise<NearestBlock[]> {
  return await db.query<NearestBlock>(nearestSql(table), [toSql([...vector]), limit, blockType ?? null]);
}

/** The statement; its parameters are the vector as text, the limit, and the block type or null. */
export function nearestSql(table: BlocksTable): string {
  const distance = `${table.embedding} OPERATOR(${qualifyVectorName(table, '<=>')}) $1::text::${table.vectorType}`;
  return `SELECT b.${table.id}::text AS id, b.${table.noteId}::text AS "noteId", n.${table.notesTitle}::text AS "noteTitle",
       b.${table.type}::text AS type, b.${table.content}::text AS content, b.distance
  FROM (SELECT *, ${distance} AS distance FROM ${table.blocks}
         WHERE ${table.embedding} IS NOT NULL AND ($3::text IS NULL OR ${table.type}::text = $3)
         ORDER BY ${distance} LIMIT $2) b
  LEFT JOIN ${table.notes} n ON n.${table.notesId} = b.${table.noteId}
 ORDER BY b.distance`;
}
