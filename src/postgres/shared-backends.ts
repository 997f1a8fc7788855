import type { Database, Queryable } from './database.js';

/** Poolers that hand out their backends in turn, rather than the last one first, have a second chance to be noticed. */
const ROUNDS = 2;

/**
 * Whether the sessions of a database are shared with others between two transactions, as by a pooler in transaction mode:
 * LISTEN, advisory locks and settings are lost there. While a session rests, transactions are opened beside it. Where one of
 * them finds itself on the backend of the session, or the session then answers from another, the backend is not its own.
 * A pooler in session mode passes. Takes one session, and one connection of the pool for each round.
 *
 * @throws the driver's error when there is no connection to be had
 */
export async function sharesBackends(db: Database): Promise<boolean> {
  const session = await db.connect({ applicationName: 'embedding-worker start' });
  try {
    const own = await backendOf(session);
    const tryBeside = (rounds: number): Promise<boolean> =>
      db.transaction(async (tx) => {
        if ((await backendOf(tx)) === own || (await backendOf(session)) !== own) return true;
        return rounds > 1 && (await tryBeside(rounds - 1));
      });
    return await tryBeside(ROUNDS);
  } finally {
    await session.close();
  }
}

/** What tells a backend from every other, on other servers, too. */
async function backendOf(db: Queryable): Promise<string> {
  const [row] = await db.query<{ backend: string }>(
    `SELECT pid || '/' || extract(epoch FROM backend_start) AS backend FROM pg_stat_activity WHERE pid = pg_backend_pid()`,
  );
  return row?.backend ?? '';
}
