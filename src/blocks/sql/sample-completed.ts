import type { Queryable } from '../../postgres/database.js';
import { hasStatusSql } from '../status.js';
import type { TablePart } from '../table-part.js';
import type { BlocksTable } from '../table.js';

export interface SampledBlock {
  readonly id: string;
  /** Empty if it has none. */
  readonly type: string;
}

/**
 * Completed blocks of a part of the table, chosen at random: at most `perType` of each type, the types in turn. It reads no
 * vectors.
 */
export async function sampleCompleted(
  db: Queryable,
  table: BlocksTable,
  part: TablePart,
  perType: number,
): Promise<SampledBlock[]> {
  return await db.query<SampledBlock>(
    `SELECT found.id::text AS id, found.type
  FROM (SELECT b.${table.id} AS id, coalesce(b.${table.type}::text, '') AS type,
               row_number() OVER (PARTITION BY b.${table.type}::text ORDER BY random()) AS place
          FROM ${part.from} WHERE ${part.where} AND ${hasStatusSql(`b.${table.status}`, ['completed'])}) found
 WHERE place <= $${part.values.length + 1} ORDER BY place, found.id`,
    [...part.values, perType],
  );
}
