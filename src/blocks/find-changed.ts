import type { Queryable } from '../database/database.js';
import type { BlocksTable } from './table.js';

/**
 * Which of the notified blocks have something to do: those that are `pending`, and those that became `skipped` while
 * they had a vector. Answers with the ids as Postgres prints them, so that one block has one key however it was spelt.
 *
 * @param ids such as the column's type accepts
 */
export async function findChanged(db: Queryable, table: BlocksTable, ids: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT ${table.id}::text AS id FROM ${table.blocks}
 WHERE ${table.id} = ANY ($1::text[]::${table.idType}[])
   AND (embedding_status = 'pending' OR (embedding_status = 'skipped' AND embedding IS NOT NULL))`,
    [ids],
  );
  return rows.map((row) => row.id);
}
