import { Rollback, type Database, type Queryable, type TransactionOptions } from './database.js';

/** Runs `work` in a transaction that is always rolled back, to see what its statements would do. */
export async function rolledBack<T>(
  db: Database,
  work: (tx: Queryable) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  return await db.transaction<T>(async (tx) => new Rollback(await work(tx)), options);
}
