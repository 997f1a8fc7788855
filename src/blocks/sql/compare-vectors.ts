import type { Database } from '../../postgres/database.js';
import { withContext } from '../context/outline.js';
import { fingerprintSql } from '../fingerprint.js';
import { qualifyVectorName } from '../qualify-vector-name.js';
import { hasStatusByIdSql } from '../status.js';
import type { BlocksTable } from '../table.js';
import type { EmbeddedBlock } from './store.js';

export interface VectorComparison {
  readonly id: string;
  /** Cosine similarity of the stored vector and the given one; null if none is stored, or it has no direction. */
  readonly cosine: number | null;
}

/**
 * Compares vectors with those that are stored. The vectors get the column's type first, as if they were stored. It returns
 * only blocks that are completed and unchanged since they were read. One statement sees text and stored vector in one
 * snapshot, so they belong together.
 */
export async function compareVectors(
  db: Database,
  table: BlocksTable,
  blocks: readonly EmbeddedBlock[],
): Promise<VectorComparison[]> {
  if (blocks.length === 0) return [];
  const vectors = db.encodeVectors(
    blocks.map(({ vector }) => vector),
    { kind: table.vectorKind, oid: table.vectorTypeOid },
  );
  return await db.query<VectorComparison>(
    `${withContext(table, `$1::text[]::${table.idType}[]`)}SELECT b.${table.id}::text AS id,
       nullif(1 - (b.${table.embedding} OPERATOR(${qualifyVectorName(table, '<=>')}) v.embedding), 'NaN') AS cosine
  FROM unnest($1::text[]::${table.idType}[], $2::${table.vectorType}[], $3::text[]) AS v(id, embedding, fingerprint)
  JOIN ${table.blocks} b ON b.${table.id} = v.id
 WHERE ${hasStatusByIdSql(`b.${table.status}`, ['completed'])} AND ${fingerprintSql(table)} = v.fingerprint`,
    [blocks.map(({ id }) => id), vectors, blocks.map(({ fingerprint }) => fingerprint)],
  );
}
