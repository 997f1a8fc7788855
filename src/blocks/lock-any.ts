import type { Queryable } from '../database/database.js';
import type { BlocksTable } from './table.js';

/** Locks some block's row that nobody else has locked, to try something on. @returns its id, if there is one */
export async function lockAnyBlock(tx: Queryable, table: BlocksTable): Promise<string | undefined> {
  const [row] = await tx.query<{ id: string }>(
    `SELECT ${table.id}::text AS id FROM ${table.blocks} LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`,
  );
  return row?.id;
}
