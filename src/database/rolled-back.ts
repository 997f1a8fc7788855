import type { Database, Queryable } from './database.js';

/** Runs `work` in a transaction that is rolled back whatever comes of it, to see what would. */
export async function rolledBack<T>(db: Database, work: (tx: Queryable) => Promise<T>): Promise<T> {
  let done: { readonly result: T } | undefined;
  const undo = new Error('rolled back on purpose');
  try {
    return await db.transaction(async (tx) => {
      done = { result: await work(tx) };
      throw undo;
    });
  } catch (error) {
    if (error !== undo || done === undefined) throw error;
    return done.result;
  }
}
