import type { Database, Queryable, TransactionOptions } from './database.js';

/** Runs `work` in a transaction that is rolled back whatever comes of it, to see what would. */
export async function rolledBack<T>(
  db: Database,
  work: (tx: Queryable) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  let done: { readonly result: T } | undefined;
  const undo = new Error('rolled back on purpose');
  try {
    return await db.transaction(async (tx) => {
      done = { result: await work(tx) };
      throw undo;
    }, options);
  } catch (error) {
    if (error !== undo || done === undefined) throw error;
    return done.result;
  }
}

/**
 * Reads from the catalogue with an empty search path, so that the SQL it prints names each function and type with its schema:
 * whoever runs that SQL may have another path than we.
 */
export async function withFullNames<T>(db: Database, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return await db.transaction(async (tx) => {
    await tx.query(`SELECT set_config('search_path', '', true)`);
    return await work(tx);
  });
}
