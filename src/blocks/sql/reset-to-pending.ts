import type { Queryable } from '../../postgres/database.js';
import { hasStatusSql, type FoundStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

/**
 * Sets blocks `pending` that have one of these statuses. Their vectors stay until they are replaced, so that search
 * goes on finding the blocks. Their rows must be locked by this transaction.
 *
 * @returns the ids of those that were set
 */
export async function resetToPending(
  tx: Queryable,
  table: BlocksTable,
  ids: readonly string[],
  statuses: readonly FoundStatus[],
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `UPDATE ${table.blocks} SET ${table.status} = 'pending'
 WHERE ${table.id} = ANY ($1::text[]::${table.idType}[]) AND ${hasStatusSql(table.status, statuses)}
RETURNING ${table.id}::text AS id`,
    [ids],
  );
  return rows.map((row) => row.id);
}
