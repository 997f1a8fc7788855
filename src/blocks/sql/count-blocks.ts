import type { Queryable } from '../../postgres/database.js';
import { statusSql } from '../status.js';
import type { BlocksTable } from '../table.js';

/** The number of blocks with one type and status. */
export interface BlockCount {
  readonly status: string;
  readonly type: string;
  readonly count: number;
}

/** Counts all blocks. Reads the whole table: a million blocks of 370 bytes took 460 ms with two parallel workers. */
export async function countBlocks(db: Queryable, table: BlocksTable): Promise<BlockCount[]> {
  return await db.query<BlockCount>(
    `SELECT ${statusSql(table.status)} AS status, coalesce(${table.type}::text, '') AS type, count(*)::float8 AS count
  FROM ${table.blocks} GROUP BY ${table.status}, ${table.type}`,
  );
}
