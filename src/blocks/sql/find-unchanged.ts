import type { Queryable } from '../../postgres/database.js';
import { withContext } from '../context/outline.js';
import { fingerprintSql } from '../fingerprint.js';
import type { BlockStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

/**
 * The ids of blocks whose text is unchanged since it was read.
 *
 * @param status if given, only blocks with this status. `processing` blocks are ours if this transaction has locked their
 * rows.
 */
export async function findUnchanged(
  tx: Queryable,
  table: BlocksTable,
  blocks: readonly { readonly id: string; readonly fingerprint: string }[],
  status?: BlockStatus,
): Promise<string[]> {
  if (blocks.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `${withContext(table, `$1::text[]::${table.idType}[]`)}SELECT b.${table.id}::text AS id
  FROM ${table.blocks} b JOIN unnest($1::text[]::${table.idType}[], $2::text[]) AS v(id, fingerprint) ON b.${table.id} = v.id
 WHERE ${fingerprintSql(table)} = v.fingerprint AND ($3::text IS NULL OR b.${table.status}::text = $3)`,
    [blocks.map((block) => block.id), blocks.map((block) => block.fingerprint), status ?? null],
  );
  return rows.map((row) => row.id);
}
