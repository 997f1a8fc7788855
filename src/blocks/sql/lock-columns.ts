import type { Queryable } from '../../postgres/database.js';
import { writtenColumns, type BlocksTable } from '../table.js';

/** Names the two columns that the worker writes, for advisory locks. */
export function columnKeys(table: BlocksTable): string[] {
  return writtenColumns(table).map((column) => `${table.blocksName}.${column}`);
}

/**
 * Shows other sessions that a worker of this queue uses these columns, as long as the session lasts: a shared advisory lock
 * for each, whose keys are the hashes of column and queue. It waits for nothing.
 *
 * @param session a session of its own: behind a pooler the locks would stay with a backend that others use
 */
export async function lockColumns(session: Queryable, keys: readonly string[], queue: string): Promise<void> {
  await session.query(
    'SELECT pg_try_advisory_lock_shared(hashtext(key), hashtext($2)) FROM unnest($1::text[]) AS column_key (key)',
    [keys, queue],
  );
}

/** Releases what `lockColumns` took. */
export async function unlockColumns(session: Queryable, keys: readonly string[], queue: string): Promise<void> {
  await session.query(
    'SELECT pg_advisory_unlock_shared(hashtext(key), hashtext($2)) FROM unnest($1::text[]) AS column_key (key)',
    [keys, queue],
  );
}
