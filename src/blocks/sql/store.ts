import type { Database, Queryable } from '../../postgres/database.js';
import { freeBuffer } from '../../base/free-buffer.js';
import { withContext } from '../context/outline.js';
import { fingerprintSql } from '../fingerprint.js';
import type { BlocksTable } from '../table.js';

export interface EmbeddedBlock {
  readonly id: string;
  /** The fingerprint that the claim read with the text. */
  readonly fingerprint: string;
  /** number[dimensions] */
  readonly vector: Float32Array;
}

/**
 * Writes vectors to blocks that are `processing` and unchanged since they were embedded. This transaction must have locked
 * the rows in an earlier statement: in a single statement, Postgres would wait for a lock and then check the new block row
 * against the old note row.
 *
 * @returns the stored ids
 */
export async function storeVectors(
  tx: Queryable,
  db: Database,
  table: BlocksTable,
  blocks: readonly EmbeddedBlock[],
): Promise<string[]> {
  if (blocks.length === 0) return [];
  const vectors = db.encodeVectors(
    blocks.map((block) => block.vector),
    { kind: table.vectorKind, oid: table.vectorTypeOid },
  );
  const rows = await tx.query<{ id: string }>(
    `${withContext(table, `$1::text[]::${table.idType}[]`)}UPDATE ${table.blocks} b SET ${table.embedding} = v.embedding, ${table.status} = 'completed'
  FROM unnest($1::text[]::${table.idType}[], $2::${table.vectorType}[], $3::text[]) AS v(id, embedding, fingerprint)
 WHERE b.${table.id} = v.id AND b.${table.status} = 'processing' AND ${fingerprintSql(table)} = v.fingerprint
RETURNING b.${table.id}::text AS id`,
    [blocks.map((block) => block.id), vectors, blocks.map((block) => block.fingerprint)],
  );
  if (typeof vectors !== 'string') freeBuffer(vectors); // the driver has already copied it
  return rows.map((row) => row.id);
}
