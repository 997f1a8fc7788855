/** What the worker writes to the status column. */
export type BlockStatus = 'pending' | 'processing' | 'completed' | 'error' | 'skipped';

/** What is read of it. `unset` is NULL, of rows older than the trigger: nobody has looked at them yet. */
export type FoundStatus = BlockStatus | 'unset';

/** These blocks wait for a vector, and no worker holds them. */
export const PENDING: readonly FoundStatus[] = ['pending', 'unset'];

/** These blocks have, or should have, a job. */
export const WAITING: readonly FoundStatus[] = [...PENDING, 'processing'];

/**
 * SQL for the status as text, `unset` for NULL.
 *
 * @param column SQL for the status column
 */
export function statusSql(column: string): string {
  return `coalesce(${column}::text, 'unset')`;
}

/**
 * SQL that holds where the status is one of these. Without a cast of the column, so that indexes of columns of any type
 * answer it: an enum's would not if it were compared as text.
 *
 * @param column SQL for the status column
 */
export function hasStatusSql(column: string, statuses: readonly FoundStatus[]): string {
  const set = [...new Set(statuses)].filter((status) => status !== 'unset');
  const conditions = [
    ...(set.length === 1 ? [`${column} = '${set.join()}'`] : []),
    ...(set.length > 1 ? [`${column} IN (${set.map((status) => `'${status}'`).join(', ')})`] : []),
    ...(statuses.includes('unset') ? [`${column} IS NULL`] : []),
  ];
  return conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`;
}

/** SQL that holds where the block is pending, which NULL is too. */
export function isPendingSql(column: string): string {
  return hasStatusSql(column, PENDING);
}
