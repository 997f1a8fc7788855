/** The statuses that the worker writes. */
export type BlockStatus = 'pending' | 'processing' | 'completed' | 'error' | 'skipped';

/** Every status that the worker writes. */
export const BLOCK_STATUSES: readonly BlockStatus[] = ['pending', 'processing', 'completed', 'error', 'skipped'];

/** The statuses that it reads. `unset` is NULL: rows older than the trigger, which nothing has processed yet. */
export type FoundStatus = BlockStatus | 'unset';

/** Blocks that wait for a vector and that no worker has claimed. */
export const PENDING: readonly FoundStatus[] = ['pending', 'unset'];

/** Blocks that have, or should have, a job. */
export const WAITING: readonly FoundStatus[] = [...PENDING, 'processing'];

/**
 * SQL for the status as text, `unset` for NULL.
 *
 * @param column SQL for the status column
 */
export function statusSql(column: string): string {
  return `coalesce(${column}::text, 'unset')`;
}

/** Statuses as a list of SQL literals. */
export function statusListSql(statuses: readonly string[]): string {
  return statuses.map((status) => `'${status}'`).join(', ');
}

/**
 * SQL that holds if the status is one of these. It does not cast the column, so that an index on a column of any type can
 * be used: an enum's index could not if the column were compared as text.
 *
 * @param column SQL for the status column
 */
export function hasStatusSql(column: string, statuses: readonly FoundStatus[]): string {
  const set = [...new Set(statuses)].filter((status) => status !== 'unset');
  const conditions = [
    ...(set.length === 1 ? [`${column} = '${set.join()}'`] : []),
    ...(set.length > 1 ? [`${column} IN (${statusListSql(set)})`] : []),
    ...(statuses.includes('unset') ? [`${column} IS NULL`] : []),
  ];
  return conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`;
}

/**
 * The same for rows that a statement finds by their ids. It hides the column from indexes: where few blocks had these
 * statuses at the last ANALYZE, PostgreSQL would read all of them through an index on the status, and their old versions
 * too. While a backup kept it from removing these, storing 64 vectors took 1 s instead of 1 ms after 300,000 others.
 */
export function hasStatusByIdSql(column: string, statuses: readonly FoundStatus[]): string {
  return `${statusSql(column)} IN (${statusListSql(statuses)})`;
}

/** SQL that holds if the block is pending; NULL counts as pending. */
export function isPendingSql(column: string): string {
  return hasStatusSql(column, PENDING);
}
