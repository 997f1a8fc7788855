import { ConfigurationError, errorCode, WorkerError } from '../../base/errors.js';
import type { Config } from '../../config/config.js';
import { describeAddress } from '../../postgres/address.js';
import type { Database } from '../../postgres/database.js';
import type { Logger } from '../../telemetry/logger.js';
import { connectionRefusal } from './connection-refusal.js';
import { VERIFY_TLS_FIX } from './fixes.js';
import { waitForDatabase } from './wait-for-database.js';

/**
 * Waits until the database answers. No error holds the password.
 *
 * @throws ConfigurationError if the server refuses us, or if we refuse its certificate
 * @throws WorkerError if it cannot be reached in time
 */
export async function requireReachable(db: Database, config: Config, log: Logger, signal: AbortSignal): Promise<void> {
  const ask = async () => {
    await db.query('SELECT 1').catch((error: unknown) => {
      throw connectionRefusal(error, 'PALDOCS_DATABASE_URL', config.databaseUrl) ?? error;
    });
  };
  try {
    await waitForDatabase(ask, config, log, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ConfigurationError) throw error;
    const reason = errorCode(error) ?? (error instanceof Error ? error.message : String(error));
    throw new WorkerError(
      'DATABASE_UNREACHABLE',
      `PALDOCS_DATABASE_URL: ${describeAddress(config.databaseUrl)} cannot be reached (${reason})`,
      { fix: 'start the server, or correct host and port in PALDOCS_DATABASE_URL', cause: error },
    );
  }
  if (db.isPlain !== true) warnOfUnverifiedTls(config, log); // a connection without TLS has its own warning
}

function warnOfUnverifiedTls({ unverifiedTls }: Config, log: Logger): void {
  for (const variable of unverifiedTls) {
    log.warn("the database's certificate is not verified: anyone on the network path can read and change everything", {
      variable,
      fix: VERIFY_TLS_FIX,
    });
  }
}
