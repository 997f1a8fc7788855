import type { Config } from '../config.js';
import { ConfigurationError, errorCode, WorkerError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Queryable } from './database.js';
import { retryTransient } from './retry.js';

/** A server that is just being started gets so long; after it, ending lets the supervisor start us again. */
const START_WAIT_MS = 30_000;

/** Refusals that no waiting mends. PostgreSQL, appendix A. */
const REFUSALS: Readonly<Record<string, string>> = {
  '28P01': 'the server refuses the password',
  '28000': 'the server refuses this role, or this client’s address (pg_hba.conf)',
  '3D000': 'the server has no database of that name',
  '42501': 'the role may not connect to this database',
};

/**
 * Waits until the database answers.
 *
 * @throws ConfigurationError when it refuses us, WorkerError when it cannot be reached in time; both without the password
 */
export async function requireReachable(db: Queryable, config: Config, log: Logger, signal: AbortSignal): Promise<void> {
  const where = withoutSecrets(config.databaseUrl);
  try {
    await retryTransient(() => db.query('SELECT 1'), {
      signal,
      maxWaitMs: START_WAIT_MS,
      onRetry: (error) => {
        log.warn('the database cannot be reached yet; trying again', { database: where, error });
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    const code = errorCode(error) ?? '';
    const refusal = REFUSALS[code];
    if (refusal !== undefined) {
      throw new ConfigurationError('DATABASE_REFUSED', `PALDOCS_DATABASE_URL: ${where}: ${refusal}`, { cause: error });
    }
    throw new WorkerError(
      'DATABASE_UNREACHABLE',
      `PALDOCS_DATABASE_URL: ${where} cannot be reached (${code || (error instanceof Error ? error.message : String(error))}): check host and port, and that the server runs`,
      { cause: error },
    );
  }
}

/** Host, port and database of a URL: what tells databases apart, and nothing that opens them. */
export function withoutSecrets(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
