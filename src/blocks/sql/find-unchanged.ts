import type { Queryable } from '../../postgres/database.js';
import { fingerprintSql } from '../fingerprint.js';
import type { BlockStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

/**
 * Which blocks hold the text still that was read.
 *
 * @param status only blocks that have it, where it is given: `processing` ones are still ours if their rows are locked
 * by this transaction
 * @returns the ids of those
 */
export async function findUnchanged(
  tx: Queryable,
  table: BlocksTable,
  blocks: readonly { readonly id: string; readonly fingerprint: string }[],
  status?: BlockStatus,
): Promise<string[]> {
  if (blocks.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `SELECT b.${table.id}::text AS id
  FROM ${table.blocks} b JOIN unnest($1::text[]::${table.idType}[], $2::text[]) AS v(id, fingerprint) ON b.${table.id} = v.id
 WHERE ${fingerprintSql(table)} = v.fingerprint AND ($3::text IS NULL OR b.${table.status}::text = $3)`,
    [blocks.map((block) => block.id), blocks.map((block) => block.fingerprint), status ?? null],
  );
  return rows.map((row) => row.id);
}
