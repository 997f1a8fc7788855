import type { Database } from '../database/database.js';
import type { BlocksTable, BlockStatus } from './table.js';

const STATUSES: readonly BlockStatus[] = ['pending', 'processing', 'completed', 'error', 'skipped'];

export interface TriedStatuses {
  /** False where there was no row to try it on. */
  readonly tried: boolean;
  /** Statuses that the column does not take, with what the database said. */
  readonly refused: readonly { readonly status: BlockStatus; readonly message: string }[];
}

/** Writes each status to one block, and rolls it back: whether type and constraints of the column take what we write. */
export async function tryStatuses(db: Database, table: BlocksTable): Promise<TriedStatuses> {
  const undo = new Error('rolled back on purpose');
  const refused: { status: BlockStatus; message: string }[] = [];
  let tried = false;
  await db
    .transaction(async (tx) => {
      const [row] = await tx.query<{ id: string }>(
        `SELECT ${table.id}::text AS id FROM ${table.blocks} LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`,
      );
      if (row === undefined) throw undo;
      tried = true;
      for (const status of STATUSES) {
        await tx.query('SAVEPOINT try');
        try {
          await tx.query(
            `UPDATE ${table.blocks} SET embedding_status = '${status}' WHERE ${table.id} = $1::text::${table.idType}`,
            [row.id],
          );
        } catch (error) {
          refused.push({ status, message: error instanceof Error ? error.message : String(error) });
        }
        await tx.query('ROLLBACK TO SAVEPOINT try');
      }
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  return { tried, refused };
}
