import { errorCode } from '../base/errors.js';
import type { Database, Queryable } from './database.js';

/** PostgreSQL, appendix A: query_canceled, which a statement timeout raises. */
const CANCELLED = '57014';

/**
 * Runs statements that may turn out too slow to wait for, each with a limit.
 *
 * @returns undefined when one took longer
 */
export async function withStatementTimeout<T>(
  db: Database,
  limitMs: number,
  work: (tx: Queryable) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await db.transaction(async (tx) => {
      // A query that runs for less than a second has nothing to gain from being compiled first.
      await tx.query(`SELECT set_config('statement_timeout', $1, true), set_config('jit', 'off', true)`, [
        `${limitMs}ms`,
      ]);
      return await work(tx);
    });
  } catch (error) {
    if (errorCode(error) === CANCELLED) return undefined;
    throw error;
  }
}

/** What a command may wait for that reads a whole table, however large, because somebody asked for it. */
const PATIENCE_MS = 10 * 60_000;

/** Runs statements that may take longer than those of a worker ever do. */
export async function patiently<T>(db: Database, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return await db.transaction(work, { statementMs: PATIENCE_MS });
}
