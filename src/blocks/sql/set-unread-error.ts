import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/**
 * Sets blocks `error` that could not be claimed, because the database cannot read what they hold. They are `pending`
 * still; their rows must be locked by this transaction, which has tried to read them.
 */
export async function setUnreadError(tx: Queryable, table: BlocksTable, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(
    `UPDATE ${table.blocks} SET ${table.status} = 'error'
 WHERE ${table.id} = ANY ($1::text[]::${table.idType}[])
   AND (${table.status} IS NULL OR ${table.status} IN ('pending', 'processing'))`,
    [ids],
  );
}
