import type { Queryable } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';
import { hasStatusSql, PENDING } from '../status.js';
import type { BlocksTable } from '../table.js';
import type { OtherStatus } from './read-other-statuses.js';

/** A block that waits for another worker's model. */
export interface OtherPending {
  readonly id: string;
  /** The column of the other status, as in the catalogue. */
  readonly column: string;
}

/** Which of these blocks are pending according to the status columns of other workers. */
export async function findOtherPending(
  db: Queryable,
  table: BlocksTable,
  ids: readonly string[],
  columns: readonly OtherStatus[],
): Promise<OtherPending[]> {
  if (columns.length === 0) return [];
  const values = columns.map(({ name, isPendingIfNull }, i) => {
    const isPending = hasStatusSql(`b.${quoteColumn(name)}`, isPendingIfNull ? PENDING : ['pending']);
    return `($${i + 2}::text, ${isPending})`;
  });
  return await db.query<OtherPending>(
    `SELECT b.${table.id}::text AS id, other.name AS "column"
  FROM ${table.blocks} b CROSS JOIN LATERAL (VALUES ${values.join(', ')}) AS other (name, is_pending)
 WHERE b.${table.id} = ANY ($1::text[]::${table.idType}[]) AND other.is_pending`,
    [ids, ...columns.map(({ name }) => name)],
  );
}
