import type { TableNames } from '../config.js';
import { quoteTable } from '../database/identifiers.js';
import type { Queryable } from '../database/database.js';

export interface TableStorage {
  /** Percent of a page that inserts fill; 100 unless set. */
  readonly fillfactor: number;
  /** As the planner estimates them; -1 where nobody has counted yet. */
  readonly rows: number;
}

export async function readStorage(db: Queryable, names: TableNames): Promise<TableStorage> {
  const [row] = await db.query<TableStorage>(
    `SELECT coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 100)
         AS fillfactor, c.reltuples::float8 AS rows
  FROM pg_class c WHERE c.oid = to_regclass($1)`,
    [quoteTable(names.blocksTable)],
  );
  return row ?? { fillfactor: 100, rows: -1 };
}
