import type { Queryable } from '../database/database.js';
import { fingerprintSql } from './fingerprint.js';
import type { BlocksTable } from './table.js';

/** Which blocks hold the text still that was read, whatever their status is. */
export async function findSameText(
  tx: Queryable,
  table: BlocksTable,
  blocks: readonly { readonly id: string; readonly fingerprint: string }[],
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT b.${table.id}::text AS id
  FROM ${table.blocks} b JOIN unnest($1::text[]::${table.idType}[], $2::text[]) AS v(id, fingerprint) ON b.${table.id} = v.id
 WHERE ${fingerprintSql(table)} = v.fingerprint`,
    [blocks.map((block) => block.id), blocks.map((block) => block.fingerprint)],
  );
  return rows.map((row) => row.id);
}
