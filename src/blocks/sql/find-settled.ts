import type { Queryable } from '../../postgres/database.js';
import { hasStatusSql, WAITING, type BlockStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

export interface SettledBlock {
  readonly id: string;
  /** null: the block is gone. */
  readonly status: BlockStatus | null;
}

/**
 * Those blocks that are neither pending, NULL nor `processing`, with their status.
 */
export async function findSettled(db: Queryable, table: BlocksTable, ids: readonly string[]): Promise<SettledBlock[]> {
  return await db.query<SettledBlock>(
    `SELECT v.id, b.${table.status}::text AS status
  FROM unnest($1::text[]) AS v(id) LEFT JOIN ${table.blocks} b ON b.${table.id} = v.id::${table.idType}
 WHERE b.${table.id} IS NULL OR NOT ${hasStatusSql(`b.${table.status}`, WAITING)}`,
    [ids],
  );
}
