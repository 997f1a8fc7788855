import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

export interface StatusColumn {
  /** In the form of a cast. */
  readonly type: string;
  /** Whether NULL is a status that blocks can have. */
  readonly isNullable: boolean;
}

/** What the status column accepts. Tables below the blocks table inherit NOT NULL. */
export async function readStatusColumn(db: Queryable, table: BlocksTable): Promise<StatusColumn> {
  const [row] = await db.query<StatusColumn>(
    `SELECT format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS "isNullable"
  FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attname = $2`,
    [table.blocks, table.columns.status],
  );
  return row ?? { type: 'text', isNullable: true };
}
