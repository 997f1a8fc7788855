import type { Database, Queryable } from './database.js';

/** A second round detects poolers that assign backends in rotation rather than the most recently used one first. */
const ROUNDS = 2;

/**
 * Whether sessions are shared between transactions, as by a pooler in transaction mode, where LISTEN, advisory locks and
 * settings are lost. Without a pooler they are not. Behind one, it opens transactions while a session is idle. If one of
 * them runs on the session's backend, or the session then answers from another backend, the backends are shared. A pooler
 * in session mode is accepted. Uses one session, and one connection of the pool for each round.
 *
 * @throws the driver's error when no connection can be opened
 */
export async function sharesBackends(db: Database): Promise<boolean> {
  if (await isDirect(db)) return false;
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

/** Whether the backend that answers is the one that was reported on connecting: a pooler reports a number of its own. */
async function isDirect(db: Database): Promise<boolean> {
  const [row] = await db.query<{ processId: number }>('SELECT pg_backend_pid() AS "processId"');
  return row !== undefined && db.ownsBackend(row.processId);
}

/** Identifies a backend uniquely, also across servers. */
async function backendOf(db: Queryable): Promise<string> {
  const [row] = await db.query<{ backend: string }>(
    `SELECT pid || '/' || extract(epoch FROM backend_start) AS backend FROM pg_stat_activity WHERE pid = pg_backend_pid()`,
  );
  return row?.backend ?? '';
}
