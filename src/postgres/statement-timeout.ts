import { errorCode } from '../base/errors.js';
import type { Database, Queryable } from './database.js';

/** PostgreSQL, appendix A: query_canceled, which a statement timeout raises. */
const CANCELLED = '57014';

/**
 * Runs statements with a timeout for each.
 *
 * @returns undefined when one exceeded it
 */
export async function withStatementTimeout<T>(
  db: Database,
  limitMs: number,
  work: (tx: Queryable) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await db.transaction(async (tx) => {
      // JIT compilation does not pay for a query that runs for less than a second. A plan for any values would read the
      // whole table where the values of these parameters allow an index.
      await tx.query(
        `SELECT set_config('statement_timeout', $1, true), set_config('jit', 'off', true),
       set_config('plan_cache_mode', 'force_custom_plan', true)`,
        [`${limitMs}ms`],
      );
      return await work(tx);
    });
  } catch (error) {
    if (errorCode(error) === CANCELLED) return undefined;
    throw error;
  }
}

/** Runs statements without JIT compilation: for those that the planner takes for slower than they are. */
export async function withoutJit<T>(db: Database, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return await db.transaction(async (tx) => {
    await tx.query(`SELECT set_config('jit', 'off', true)`);
    return await work(tx);
  });
}

/** For a command that reads a whole table, however large, because a user asked for it. */
const LONG_TIMEOUT_MS = 10 * 60_000;

/** Runs statements that may take longer than any of a worker's. */
export async function withLongTimeout<T>(db: Database, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return await db.transaction(work, { statementMs: LONG_TIMEOUT_MS });
}
