import type { Config } from '../../config/config.js';
import type { Logger } from '../../telemetry/logger.js';
import { Postgres, type PostgresOptions } from '../../postgres/postgres.js';

/** Opens the configured database; what befalls its connections is logged. */
export function openPostgres(
  config: Pick<Config, 'databaseUrl' | 'listenDatabaseUrl'>,
  options: Pick<PostgresOptions, 'applicationName' | 'poolSize'>,
  log: Logger,
): Postgres {
  const database = new Postgres({ url: config.databaseUrl, sessionUrl: config.listenDatabaseUrl, ...options });
  database.on('error', (error) => {
    log.warn('lost an idle database connection; a new one is opened when needed', { error });
  });
  database.on('plain', (where) => {
    log.warn('a database connection is not encrypted: the server offers no TLS, and the URL does not require it', {
      database: where,
      fix: PLAIN_FIX,
    });
  });
  return database;
}

/** What is to be done about connections without TLS that nobody asked for. */
export const PLAIN_FIX = 'turn TLS on at the server (ssl = on), or give sslmode=disable where nobody can listen in';
