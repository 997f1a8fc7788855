import { certificateProblem } from '../../base/certificate-errors.js';
import type { Config } from '../../config/config.js';
import { ConfigurationError, errorCode, WorkerError } from '../../base/errors.js';
import type { Logger } from '../../telemetry/logger.js';
import { describeAddress, readAddress } from '../../postgres/address.js';
import type { Database } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';
import { readServer } from '../../postgres/read-server.js';
import { retryTransient } from '../../postgres/retry.js';
import { sharesBackends } from '../../postgres/shared-backends.js';
import { isTransient } from '../../postgres/sqlstate.js';

/** A server that is just being started gets so long; after it, ending lets the supervisor start us again. */
const START_WAIT_MS = 30_000;

/** What helps where the server's certificate is not checked. */
export const UNCHECKED_FIX = 'sslmode=verify-full, with sslrootcert=FILE for an authority of your own';
/** What helps where LISTEN and locks do not last. */
export const DIRECT_FIX = 'PALDOCS_LISTEN_DATABASE_URL=postgresql://… (of PostgreSQL itself, past the pooler)';

/** Refusals that no waiting mends, by SQLSTATE (PostgreSQL, appendix A). */
const REFUSALS: Readonly<Record<string, { readonly found: string; readonly fix: (about: RefusalAbout) => string }>> = {
  '28P01': {
    found: 'the server refuses the password',
    fix: ({ variable }) => `correct user and password in ${variable}`,
  },
  '28000': {
    found: 'the server refuses this role, this client’s address, or a connection without TLS (pg_hba.conf)',
    fix: ({ variable, role }) =>
      `ALTER ROLE ${role} LOGIN;\nor correct the user in ${variable}, or give sslmode=verify-full; or let pg_hba.conf admit it`,
  },
  '3D000': {
    found: 'the server has no database of that name',
    fix: ({ variable, database }) => `CREATE DATABASE ${database};\nor correct the name in ${variable}`,
  },
  '42501': {
    found: 'the role may not connect to this database',
    fix: ({ database, role }) => `GRANT CONNECT ON DATABASE ${database} TO ${role};`,
  },
};

/** What PgBouncer says (server.c), under the code of a lost connection, where it allows single statements alone. */
const NO_TRANSACTIONS = 'transaction blocks not allowed in statement pooling mode';

/** What a refusal's fix names, identifiers quoted. */
interface RefusalAbout {
  readonly variable: string;
  readonly database: string;
  readonly role: string;
}

/** What pg says, without a code, where the server is asked for TLS and has none. */
const NO_TLS = 'The server does not support SSL connections';

/**
 * Waits until the database answers.
 *
 * @throws ConfigurationError when it refuses us, or we its certificate; WorkerError when it cannot be reached in time;
 * all without the password
 */
export async function requireReachable(db: Database, config: Config, log: Logger, signal: AbortSignal): Promise<void> {
  const where = describeAddress(config.databaseUrl);
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
        log.warn('cannot reach the database yet; retrying', { database: where, error });
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ConfigurationError) throw error;
    throw new WorkerError(
      'DATABASE_UNREACHABLE',
      `PALDOCS_DATABASE_URL: ${where} cannot be reached (${errorCode(error) ?? (error instanceof Error ? error.message : String(error))})`,
      {
        fix: 'start the server, or correct host and port in PALDOCS_DATABASE_URL',
        cause: error,
      },
    );
  }
  // Where there is no TLS at all, that was said.
  for (const variable of db.isPlain === true ? [] : config.unverifiedTls) {
    log.warn("the database's certificate is not verified: anyone on the network path can read and change everything", {
      variable,
      fix: UNCHECKED_FIX,
    });
  }
}

/**
 * Waits until something can be stored, as during a failover.
 *
 * @throws WorkerError when it cannot in time
 */
export async function requireWritable(db: Database, config: Config, log: Logger, signal: AbortSignal): Promise<void> {
  const where = describeAddress(config.databaseUrl);
  const ask = async () => {
    const { readOnly, role } = await readServer(db);
    if (readOnly)
      throw new ReadOnlyError('25006', `PALDOCS_DATABASE_URL: ${where} ${READ_ONLY}`, { fix: writableFix(role) });
  };
  await retryTransient(ask, {
    signal,
    maxWaitMs: START_WAIT_MS,
    onRetry: (error) => {
      log.warn('cannot reach the database yet; retrying', { database: where, error });
    },
  });
}

/** Its code is PostgreSQL's for a read-only transaction, which passes when a standby is promoted. */
class ReadOnlyError extends WorkerError {}

export const READ_ONLY = 'is read only, so that nothing can be stored';

/** What helps where the server, or what the role is set to, is read only. */
export function writableFix(role: string): string {
  return `point PALDOCS_DATABASE_URL at the primary; or, where the role is set so: ALTER ROLE ${quoteColumn(role)} RESET default_transaction_read_only;`;
}

/**
 * Opens a session like the one that listens, once. A server that is away is no error: the worker waits for it.
 *
 * @throws ConfigurationError when the server refuses us, or we its certificate; or when the only URL leads to a pooler that
 * shares sessions
 */
export async function requireSession(db: Database, config: Config): Promise<void> {
  if (config.listenDatabaseUrl === config.databaseUrl) {
    if (!(await unlessAway(() => sharesBackends(db)))) return;
    throw new ConfigurationError(
      'DATABASE_POOLED',
      `PALDOCS_DATABASE_URL: ${describeAddress(config.databaseUrl)} is a pooler in transaction mode, through which LISTEN and the leader’s lock are lost`,
      { fix: DIRECT_FIX },
    );
  }
  try {
    const session = await db.connect({ applicationName: 'embedding-worker start' });
    await session.close();
  } catch (error) {
    const refusal = refusalOf(error, 'PALDOCS_LISTEN_DATABASE_URL', config.listenDatabaseUrl);
    if (refusal !== undefined) throw refusal;
  }
}

/** @returns undefined where the server cannot be asked now */
async function unlessAway<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isTransient(error)) return undefined;
    throw error;
  }
}

/** What no waiting mends: that the server refuses us, or we its certificate. It names the variable that the URL is from. */
export function refusalOf(error: unknown, variable: string, url: string): ConfigurationError | undefined {
  const refuse = (code: string, what: string, fix: string) =>
    new ConfigurationError(code, `${variable}: ${describeAddress(url)}${what}`, { cause: error, fix });
  const refusal = REFUSALS[errorCode(error) ?? ''];
  if (refusal !== undefined) {
    const { database, user } = readAddress(url);
    const about = { variable, database: quoteColumn(database ?? user ?? ''), role: quoteColumn(user ?? '') };
    return refuse('DATABASE_REFUSED', `: ${refusal.found}`, refusal.fix(about));
  }
  const problem = certificateProblem(error, 'let sslrootcert in the URL name');
  if (problem !== undefined) return refuse('DATABASE_CERTIFICATE', `: the server's ${problem.found}`, problem.fix);
  if (error instanceof Error && error.message === NO_TRANSACTIONS) {
    return refuse(
      'DATABASE_POOLED',
      ' is a pooler in statement mode, through which there are no transactions',
      `let ${variable} reach PostgreSQL itself, past the pooler; or set pool_mode = session there`,
    );
  }
  if (error instanceof Error && error.message === NO_TLS) {
    return refuse(
      'DATABASE_TLS',
      ' offers no TLS',
      `turn it on at the server (ssl = on), or give sslmode=disable in ${variable} where nobody can listen in`,
    );
  }
  return undefined;
}
