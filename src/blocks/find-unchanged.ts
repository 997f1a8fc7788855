import type { Queryable } from '../database/database.js';
import { fingerprintSql } from './fingerprint.js';
import type { BlocksTable } from './table.js';

/**
 * Which blocks are still what was read and still ours. Their rows must be locked by this transaction.
 *
 * @returns the ids of those
 */
export async function findUnchanged(
  tx: Queryable,
  table: BlocksTable,
  blocks: readonly { readonly id: string; readonly fingerprint: string }[],
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT b.${table.id}::text AS id
  FROM ${table.blocks} b JOIN unnest($1::text[]::${table.idType}[], $2::text[]) AS v(id, fingerprint) ON b.${table.id} = v.id
 WHERE b.embedding_status = 'processing' AND ${fingerprintSql(table)} = v.fingerprint`,
    [blocks.map((block) => block.id), blocks.map((block) => block.fingerprint)],
  );
  return rows.map((row) => row.id);
}
