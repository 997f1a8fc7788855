import type { Queryable } from '../database/database.js';
import type { BlocksTable } from './table.js';

/**
 * Sets blocks `pending` that are in `error`, and no others. Their rows must be locked by this transaction.
 *
 * @returns the ids of those
 */
export async function putBack(tx: Queryable, table: BlocksTable, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `UPDATE ${table.blocks} SET embedding_status = 'pending'
 WHERE ${table.id} = ANY ($1::text[]::${table.idType}[]) AND embedding_status = 'error'
RETURNING ${table.id}::text AS id`,
    [ids],
  );
  return rows.map((row) => row.id);
}
