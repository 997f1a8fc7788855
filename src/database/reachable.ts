import { certificateProblem } from '../certificates.js';
import type { Config } from '../config.js';
import { ConfigurationError, errorCode, WorkerError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Database, Queryable } from './database.js';
import { retryTransient } from './retry.js';

/** A server that is just being started gets so long; after it, ending lets the supervisor start us again. */
const START_WAIT_MS = 30_000;

/** Refusals that no waiting mends. PostgreSQL, appendix A. */
const REFUSALS: Readonly<Record<string, string>> = {
  '28P01': 'the server refuses the password',
  '28000': 'the server refuses this role, this client’s address, or a connection without TLS (pg_hba.conf)',
  '3D000': 'the server has no database of that name',
  '42501': 'the role may not connect to this database',
};

/** What pg says, without a code, where the server is asked for TLS and has none. */
const NO_TLS = 'The server does not support SSL connections';

/**
 * Waits until the database answers.
 *
 * @throws ConfigurationError when it refuses us, or we its certificate; WorkerError when it cannot be reached in time;
 * all without the password
 */
export async function requireReachable(db: Queryable, config: Config, log: Logger, signal: AbortSignal): Promise<void> {
  const where = withoutSecrets(config.databaseUrl);
  for (const variable of config.unchecked) {
    log.warn('the certificate of the database is not checked: whoever is in the way can read and change all', {
      variable,
      fix: 'sslmode=verify-full, with sslrootcert=FILE for an authority of your own',
    });
  }
  try {
    const ask = async () => {
      await db.query('SELECT 1').catch((error: unknown) => {
        throw refusalOf(error, 'PALDOCS_DATABASE_URL', config.databaseUrl) ?? error;
      });
    };
    await retryTransient(ask, {
      signal,
      maxWaitMs: START_WAIT_MS,
      onRetry: (error) => {
        log.warn('the database cannot be reached yet; trying again', { database: where, error });
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ConfigurationError) throw error;
    throw new WorkerError(
      'DATABASE_UNREACHABLE',
      `PALDOCS_DATABASE_URL: ${where} cannot be reached (${errorCode(error) ?? (error instanceof Error ? error.message : String(error))}): check host and port, and that the server runs`,
      { cause: error },
    );
  }
}

/**
 * Opens the session that listens once, where it has a URL of its own. A server that is away is no error: the worker waits
 * for it.
 *
 * @throws ConfigurationError when it refuses us, or we its certificate
 */
export async function requireSession(db: Database, config: Config): Promise<void> {
  if (config.listenDatabaseUrl === config.databaseUrl) return;
  try {
    const session = await db.connect({ applicationName: 'embedding-worker start', idleTimeoutSeconds: 15 });
    await session.close();
  } catch (error) {
    const refusal = refusalOf(error, 'PALDOCS_LISTEN_DATABASE_URL', config.listenDatabaseUrl);
    if (refusal !== undefined) throw refusal;
  }
}

/** What no waiting mends: that the server refuses us, or we its certificate. It names the variable that the URL is from. */
export function refusalOf(error: unknown, variable: string, url: string): ConfigurationError | undefined {
  const refuse = (code: string, what: string) =>
    new ConfigurationError(code, `${variable}: ${withoutSecrets(url)}${what}`, { cause: error });
  const refusal = REFUSALS[errorCode(error) ?? ''];
  if (refusal !== undefined) return refuse('DATABASE_REFUSED', `: ${refusal}`);
  const problem = certificateProblem(error, 'let sslrootcert in the URL name');
  if (problem !== undefined) {
    return refuse('DATABASE_CERTIFICATE', `: the server's ${problem.found}: ${problem.fix}`);
  }
  if (error instanceof Error && error.message === NO_TLS) {
    return refuse(
      'DATABASE_TLS',
      ' offers no TLS: turn it on (ssl = on), or give sslmode=disable where nobody can listen in',
    );
  }
  return undefined;
}

/** Host, port and database of a URL: what tells databases apart, and nothing that opens them. */
export function withoutSecrets(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
