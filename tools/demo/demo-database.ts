import type { Config } from '../../src/config/config.js';
import type { Database } from '../../src/postgres/database.js';
import { describeAddress } from '../../src/postgres/address.js';
import { openPostgres } from '../../src/commands/connect/open-postgres.js';
import { requireReachable } from '../../src/commands/connect/require-reachable.js';
import type { Logger } from '../../src/telemetry/logger.js';
import { embeddedDatabase } from './embedded-database.js';
import { openEmbeddedPostgres } from './embedded-postgres.js';
import type { DemoEnvironment, DemoSchemas } from './environment.js';
import { createSchemas, dropSchemas } from './server-schemas.js';

/** A database with the reference schema and trigger, and no rows. */
export interface DemoDatabase {
  /** For the demo, which acts as the API. The worker would take writes over its own connections for its own. */
  readonly database: Database;
  readonly forWorker: Database;
  /** Shown to the user. */
  readonly description: string;
  /** Drops what the demo created, and closes the connections. */
  close(): Promise<void>;
}

/** The demo runs one statement at a time. */
const DEMO_POOL_SIZE = 2;

/** @throws ConfigurationError or WorkerError if the server cannot be used; then nothing is left on it */
export async function openDemoDatabase({ config, schemas }: DemoEnvironment, log: Logger): Promise<DemoDatabase> {
  return schemas === undefined ? await openEmbedded() : await openOnServer(config, schemas, log);
}

async function openEmbedded(): Promise<DemoDatabase> {
  const database = embeddedDatabase(await openEmbeddedPostgres());
  const version = await describeVersion(database);
  return {
    database,
    forWorker: database, // there is only one connection
    description: `${version}, in this process, in memory`,
    close: () => database.close(),
  };
}

async function openOnServer(config: Config, schemas: DemoSchemas, log: Logger): Promise<DemoDatabase> {
  const database = openPostgres(config, { applicationName: 'embedding-worker demo', poolSize: DEMO_POOL_SIZE }, log);
  const forWorker = openPostgres(
    config,
    { applicationName: 'embedding-worker in a demo', poolSize: config.workerConcurrency },
    log,
  );
  const closeBoth = async () => {
    await Promise.all([database.close(), forWorker.close()]);
  };
  try {
    await requireReachable(database, config, log, new AbortController().signal); // an interruption ends the process
    const madeExtension = await createSchemas(database, schemas);
    const version = await describeVersion(database);
    return {
      database,
      forWorker,
      description: `${version} at ${describeAddress(config.databaseUrl)}, schema ${schemas.tables}`,
      close: () => dropSchemas(database, schemas, madeExtension).finally(closeBoth),
    };
  } catch (error) {
    await closeBoth();
    throw error;
  }
}

async function describeVersion(database: Database): Promise<string> {
  const [row] = await database.query<{ server: string; vector: string }>(
    `SELECT split_part(current_setting('server_version'), ' ', 1) AS server, extversion AS vector
  FROM pg_extension WHERE extname = 'vector'`,
  );
  return `PostgreSQL ${row?.server ?? '?'} with pgvector ${row?.vector ?? '?'}`;
}
