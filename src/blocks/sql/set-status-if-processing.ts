import type { Queryable } from '../../postgres/database.js';
import type { BlockStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

/**
 * Sets the status of blocks that are `processing`, and of no others: a block that is `pending` again has been edited
 * since, and that edit counts. Their rows must be locked by this transaction.
 */
export async function setStatusIfProcessing(
  tx: Queryable,
  table: BlocksTable,
  ids: readonly string[],
  status: Extract<BlockStatus, 'pending' | 'error'>,
): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(
    `UPDATE ${table.blocks} SET ${table.status} = '${status}'
 WHERE ${table.id} = ANY ($1::text[]::${table.idType}[]) AND ${table.status} = 'processing'`,
    [ids],
  );
}
