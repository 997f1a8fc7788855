import type { Database } from '../database/database.js';
import { rolledBack } from '../database/rolled-back.js';
import { lockAnyBlock } from './lock-any.js';
import type { BlockStatus } from './status.js';
import type { BlocksTable } from './table.js';

const STATUSES: readonly BlockStatus[] = ['pending', 'processing', 'completed', 'error', 'skipped'];

export interface TriedStatuses {
  /** False where there was no row to try it on. */
  readonly tried: boolean;
  /** Statuses that the column does not take, with what the database said. */
  readonly refused: readonly { readonly status: BlockStatus; readonly message: string }[];
}

/** Writes each status to one block, and rolls it back: whether type and constraints of the column take what we write. */
export async function tryStatuses(db: Database, table: BlocksTable): Promise<TriedStatuses> {
  return await rolledBack(db, async (tx) => {
    const refused: { status: BlockStatus; message: string }[] = [];
    const id = await lockAnyBlock(tx, table);
    if (id === undefined) return { tried: false, refused };
    for (const status of STATUSES) {
      await tx.query('SAVEPOINT try');
      try {
        await tx.query(
          `UPDATE ${table.blocks} SET embedding_status = '${status}' WHERE ${table.id} = $1::text::${table.idType}`,
          [id],
        );
      } catch (error) {
        refused.push({ status, message: error instanceof Error ? error.message : String(error) });
      }
      await tx.query('ROLLBACK TO SAVEPOINT try');
    }
    return { tried: true, refused };
  });
}
