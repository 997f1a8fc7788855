import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/**
 * Sets blocks to `error` that could not be claimed because the database cannot read their contents. As they were not
 * claimed, they may be `pending`. This transaction must have locked their rows and tried to read them.
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
