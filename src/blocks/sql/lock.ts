import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/**
 * Locks the rows of blocks in order of their ids. Skips rows that another transaction has locked: it may change or delete the
 * block, or another queue's worker writes its own columns. The caller tries again, or leaves the block to a new job.
 *
 * @returns the locked ids; the locks last until the transaction ends
 */
export async function lockBlocks(tx: Queryable, table: BlocksTable, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `SELECT ${table.id}::text AS id FROM ${table.blocks} WHERE ${table.id} = ANY ($1::text[]::${table.idType}[])
  ORDER BY ${table.blocks}.${table.id} FOR NO KEY UPDATE SKIP LOCKED`,
    [ids],
  );
  return rows.map((row) => row.id);
}
