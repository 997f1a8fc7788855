import type { Queryable } from '../../postgres/database.js';
import type { BlockStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

/**
 * Sets the status of those blocks that are `processing`. A block that is `pending` again was edited after its claim and must
 * stay pending. This transaction must have locked the rows.
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
