import type { Config } from '../../config/config.js';
import type { Logger } from '../../telemetry/logger.js';
import { Postgres, type PostgresOptions } from '../../postgres/postgres.js';
import { ENABLE_TLS_FIX } from './fixes.js';

/** Opens the configured database and logs lost and unencrypted connections. */
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
      fix: ENABLE_TLS_FIX,
    });
  });
  return database;
}
