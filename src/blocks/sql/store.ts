import type { Database, Queryable } from '../../postgres/database.js';
import { freeBuffer } from '../../base/free-buffer.js';
import { fingerprintSql } from '../fingerprint.js';
import type { BlocksTable } from '../table.js';

export interface EmbeddedBlock {
  readonly id: string;
  /** What the text was made from, as the claim read it. */
  readonly fingerprint: string;
  /** number[dimensions] */
  readonly vector: Float32Array;
}

/**
 * Writes vectors to blocks whose rows this transaction has locked, where the block is still what was embedded and
 * still ours. It must be a statement of its own, after the one that locks: in one statement Postgres would, after
 * waiting for a lock, check the new block row against the old note row.
 *
 * @returns the ids that were stored
 */
export async function storeVectors(
  tx: Queryable,
  db: Database,
  table: BlocksTable,
  blocks: readonly EmbeddedBlock[],
): Promise<string[]> {
  if (blocks.length === 0) return [];
  const vectors = db.encodeVectors(blocks.map((block) => block.vector));
  const rows = await tx.query<{ id: string }>(
    `UPDATE ${table.blocks} b SET ${table.embedding} = v.embedding, ${table.status} = 'completed'
  FROM unnest($1::text[]::${table.idType}[], $2::${table.vectorType}[], $3::text[]) AS v(id, embedding, fingerprint)
 WHERE b.${table.id} = v.id AND b.${table.status} = 'processing' AND ${fingerprintSql(table)} = v.fingerprint
RETURNING b.${table.id}::text AS id`,
    [blocks.map((block) => block.id), vectors, blocks.map((block) => block.fingerprint)],
  );
  if (typeof vectors !== 'string') freeBuffer(vectors); // the driver has copied it long since
  return rows.map((row) => row.id);
}
