import type { Queryable } from '../../postgres/database.js';
import { withContext } from '../context/outline.js';
import { fingerprintSql } from '../fingerprint.js';
import type { BlocksTable } from '../table.js';

/**
 * Sets blocks without text to `skipped` and removes their vectors, if they are unchanged since they were read and
 * `processing`. This transaction must have locked their rows, as for `storeVectors`.
 *
 * @returns the ids of the blocks that were set
 */
export async function skipBlocks(
  tx: Queryable,
  table: BlocksTable,
  blocks: readonly { readonly id: string; readonly fingerprint: string }[],
): Promise<string[]> {
  if (blocks.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `${withContext(table, `$1::text[]::${table.idType}[]`)}UPDATE ${table.blocks} b SET ${table.embedding} = NULL, ${table.status} = 'skipped'
  FROM unnest($1::text[]::${table.idType}[], $2::text[]) AS v(id, fingerprint)
 WHERE b.${table.id} = v.id AND b.${table.status} = 'processing' AND ${fingerprintSql(table)} = v.fingerprint
RETURNING b.${table.id}::text AS id`,
    [blocks.map((block) => block.id), blocks.map((block) => block.fingerprint)],
  );
  return rows.map((row) => row.id);
}
