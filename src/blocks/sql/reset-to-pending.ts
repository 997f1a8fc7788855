import type { Queryable } from '../../postgres/database.js';
import { hasStatusSql, type FoundStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

/**
 * Sets blocks with one of these statuses to `pending`. They keep their vectors until those are replaced, so that search
 * still finds the blocks. This transaction must have locked their rows.
 *
 * @returns the ids of the blocks that were set
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
