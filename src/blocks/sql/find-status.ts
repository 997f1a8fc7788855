import type { Queryable } from '../../postgres/database.js';
import { statusSql, type FoundStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

export interface BlockWithStatus {
  /** As Postgres prints it, however it is spelt in the argument. */
  readonly id: string;
  /** null: there is no such block. */
  readonly status: FoundStatus | null;
}

/**
 * The status of each of these blocks, in the same order.
 *
 * @param ids that can be cast to the column's type
 */
export async function findStatus(
  db: Queryable,
  table: BlocksTable,
  ids: readonly string[],
): Promise<BlockWithStatus[]> {
  return await db.query<BlockWithStatus>(
    `SELECT g.id::${table.idType}::text AS id, CASE WHEN b.${table.id} IS NOT NULL THEN ${statusSql(`b.${table.status}`)} END AS status
  FROM unnest($1::text[]) WITH ORDINALITY AS g(id, place)
  LEFT JOIN ${table.blocks} b ON b.${table.id} = g.id::${table.idType}
 ORDER BY g.place`,
    [ids],
  );
}
