import type { Queryable } from '../../postgres/database.js';
import { isPendingSql } from '../status.js';
import type { BlocksTable } from '../table.js';

/** A block that was notified. */
export interface NotifiedBlock {
  /** Its id as spelt in the notification. */
  readonly given: string;
  /** Its id as Postgres prints it, so that a block has one key however its id is spelt. */
  readonly id: string;
  /** Whether it needs work: it is pending, or it is `skipped` and has a vector. */
  readonly changed: boolean;
}

/**
 * The blocks that have one of these ids.
 *
 * @param ids that can be cast to the column's type
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
