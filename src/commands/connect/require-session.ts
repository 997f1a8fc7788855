import { ConfigurationError } from '../../base/errors.js';
import type { Config } from '../../config/config.js';
import { describeAddress } from '../../postgres/address.js';
import type { Database } from '../../postgres/database.js';
import { sharesBackends } from '../../postgres/shared-backends.js';
import { isTransient } from '../../postgres/sqlstate.js';
import { connectionRefusal } from './connection-refusal.js';
import { DIRECT_URL_FIX } from './fixes.js';

export const LOSES_SESSION = 'a pooler in transaction mode, which loses LISTEN and the leader’s lock';

/**
 * Checks that a listening session can be opened. A server that is down is no error: the worker waits for it.
 *
 * @throws ConfigurationError if the server refuses us, if we refuse its certificate, or if the only URL leads to a pooler
 * that shares sessions
 */
export async function requireSession(db: Database, config: Config): Promise<void> {
  if (config.listenDatabaseUrl === config.databaseUrl) await requireUnshared(db, config);
  else await tryToOpen(db, config);
}

async function requireUnshared(db: Database, config: Config): Promise<void> {
  const isShared = await sharesBackends(db).catch((error: unknown) => {
    if (isTransient(error)) return false;
    throw error;
  });
  if (!isShared) return;
  throw new ConfigurationError(
    'DATABASE_POOLED',
    `PALDOCS_DATABASE_URL: ${describeAddress(config.databaseUrl)} is ${LOSES_SESSION}`,
    { fix: DIRECT_URL_FIX },
  );
}

async function tryToOpen(db: Database, config: Config): Promise<void> {
  try {
    const session = await db.connect({ applicationName: 'embedding-worker start' });
    await session.close();
  } catch (error) {
    const refusal = connectionRefusal(error, 'PALDOCS_LISTEN_DATABASE_URL', config.listenDatabaseUrl);
    if (refusal !== undefined) throw refusal;
  }
}
