import type { Queryable } from '../../postgres/database.js';
import { hasStatusByIdSql, type BlockStatus, type FoundStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

/**
 * Sets the status of those blocks that have one of the statuses `from`. Vectors stay until they are replaced, so that
 * search still finds the blocks. This transaction must have locked the rows.
 *
 * @returns the ids of the blocks that were set
 */
export async function setStatus(
  tx: Queryable,
  table: BlocksTable,
  ids: readonly string[],
  status: Extract<BlockStatus, 'pending' | 'error'>,
  from: readonly FoundStatus[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `UPDATE ${table.blocks} SET ${table.status} = '${status}'
 WHERE ${table.id} = ANY ($1::text[]::${table.idType}[]) AND ${hasStatusByIdSql(table.status, from)}
RETURNING ${table.id}::text AS id`,
    [ids],
  );
  return rows.map((row) => row.id);
}
