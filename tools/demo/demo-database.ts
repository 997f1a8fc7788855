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

/** A database that holds the reference schema and trigger, and no rows. */
export interface DemoDatabase {
  /** For the demo, which plays the API: what is written through the worker's own connections, it takes for its own. */
  readonly database: Database;
  readonly forWorker: Database;
  /** For people. */
  readonly description: string;
  /** Drops what the demo made, and closes it. */
  close(): Promise<void>;
}

/** The demo does one thing after another. */
const CONNECTIONS_OF_THE_DEMO = 2;

/** @throws ConfigurationError, WorkerError where the server cannot be used; nothing stays behind then */
export async function openDemoDatabase({ config, schemas }: DemoEnvironment, log: Logger): Promise<DemoDatabase> {
  return schemas === undefined ? await openEmbedded() : await openOnServer(config, schemas, log);
}

async function openEmbedded(): Promise<DemoDatabase> {
  const database = embeddedDatabase(await openEmbeddedPostgres());
  const version = await describeVersion(database);
  return {
    database,
    forWorker: database, // it has one connection, which is everybody's
    description: `${version}, embedded in this process, in memory`,
    close: () => database.close(),
  };
}

async function openOnServer(config: Config, schemas: DemoSchemas, log: Logger): Promise<DemoDatabase> {
  const database = openPostgres(
    config,
    { applicationName: 'embedding-worker demo', poolSize: CONNECTIONS_OF_THE_DEMO },
    log,
  );
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
