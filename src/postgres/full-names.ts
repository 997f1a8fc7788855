import type { Database, Queryable } from './database.js';

/**
 * Reads from the catalogue with an empty search path, so that the SQL it prints qualifies each function and type with its
 * schema: the person who runs that SQL may have another search path.
 */
export async function withFullNames<T>(db: Database, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return await db.transaction<T>(async (tx) => {
    await tx.query(`SELECT set_config('search_path', '', true)`);
    return await work(tx);
  });
}
