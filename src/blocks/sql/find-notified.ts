import type { Queryable } from '../../postgres/database.js';
import { isPendingSql } from '../status.js';
import type { BlocksTable } from '../table.js';

/** A block that was notified. */
export interface NotifiedBlock {
  /** Its id as the notification spelt it. */
  readonly given: string;
  /** Its id as Postgres prints it, so that one block has one key however it was spelt. */
  readonly id: string;
  /** Whether there is something to do: it is pending, or became `skipped` while it had a vector. */
  readonly changed: boolean;
}

/**
 * The blocks that have one of these ids.
 *
 * @param ids such as the column's type accepts
 */
export async function findNotified(
  db: Queryable,
  table: BlocksTable,
  ids: readonly string[],
): Promise<NotifiedBlock[]> {
  return await db.query<NotifiedBlock>(
    `SELECT v.given, b.${table.id}::text AS id,
       (${isPendingSql(`b.${table.status}`)} OR coalesce(b.${table.status} = 'skipped' AND b.${table.embedding} IS NOT NULL, false)) AS changed
  FROM unnest($1::text[]) AS v(given) JOIN ${table.blocks} b ON b.${table.id} = v.given::${table.idType}`,
    [ids],
  );
}
