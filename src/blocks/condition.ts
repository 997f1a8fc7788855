import type { BlocksTable } from './table.js';

/**
 * What a sweep looks for: blocks that are pending, whose status is NULL, that a crashed worker may have left, that failed, and
 * that are skipped but have a vector. Each is one condition, because no partial index serves several joined by OR.
 */
export type Condition = 'pending' | 'unset' | 'processing' | 'error' | 'stale-vector';

export const CONDITIONS: readonly Condition[] = ['pending', 'unset', 'processing', 'error', 'stale-vector'];

/**
 * SQL that holds for the blocks of a condition, at alias `b`. It compares the column without a cast, as the predicate of the
 * status index does: PostgreSQL could not prove that one includes the other otherwise.
 *
 * With `= 'pending'` instead of ANY, PostgreSQL would know that all rows have the same status, so that the primary key has
 * them in order, too. Where it expects many such blocks, it may search for them along that key, through the whole table.
 */
export function conditionSql({ status, embedding }: BlocksTable, condition: Condition): string {
  switch (condition) {
    case 'unset':
      return `b.${status} IS NULL`;
    case 'stale-vector':
      return `b.${status} = ANY ('{skipped}') AND b.${embedding} IS NOT NULL`;
    default:
      return `b.${status} = ANY ('{${condition}}')`;
  }
}
