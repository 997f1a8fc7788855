import { loadConfig, type Config } from '../../src/config/config.js';
import type { PostgresOptions } from '../../src/postgres/postgres.js';
import { Worker } from '../../src/worker.js';
import type { TestDatabase } from './test-database.js';
import { WorkerEvents } from './worker-events.js';
import { MemoryLog } from './worker-log.js';
import { WatchedPostgres } from './worker-postgres.js';

/** Environment variables of a worker under test, in addition to the URLs of database and Ollama. */
export type WorkerEnvironment = Readonly<Record<string, string>>;

/** A worker in this process, set up as by `embedding-worker worker`. */
export interface TestWorker {
  readonly config: Config;
  readonly events: WorkerEvents;
  readonly log: MemoryLog;
  /** Base URL of its HTTP endpoints. */
  readonly url: string;
  /** Resolves when its events include everything that is visible in the tables. */
  quiet(): Promise<void>;
  /** Stops it and closes its connections. */
  stop(): Promise<void>;
}

const running = new Set<TestWorker>();

/** The environment of a worker with this database and Ollama. */
export function workerEnvironment(
  db: Pick<TestDatabase, 'url'>,
  ollama: { readonly url: string },
  environment: WorkerEnvironment = {},
): WorkerEnvironment {
  return {
    PALDOCS_DATABASE_URL: db.url,
    PALDOCS_OLLAMA_URL: ollama.url,
    PALDOCS_HEALTH_PORT: '0',
    PALDOCS_LOG_LEVEL: 'debug',
    ...environment,
  };
}

/**
 * Starts a worker and waits until it leads, listens and has swept once. `stopWorkers` stops workers that a test left running.
 *
 * @param openDatabase for tests that observe the worker's queries
 */
export async function startWorker(
  db: Pick<TestDatabase, 'url'>,
  ollama: { readonly url: string },
  environment: WorkerEnvironment = {},
  openDatabase?: (options: PostgresOptions) => WatchedPostgres,
): Promise<TestWorker> {
  const worker = await startFollower(db, ollama, environment, openDatabase);
  await worker.events.until(({ seen }) => seen.swept.length > 0);
  return worker;
}

/** The same, without waiting until it leads. */
export async function startFollower(
  db: Pick<TestDatabase, 'url'>,
  ollama: { readonly url: string },
  environment: WorkerEnvironment = {},
  openDatabase = (options: PostgresOptions) => new WatchedPostgres(options),
): Promise<TestWorker> {
  const config = loadConfig(workerEnvironment(db, ollama, environment));
  const events = new WorkerEvents();
  const log = new MemoryLog();
  const instance = `test-${running.size}`;
  const database = openDatabase({
    url: config.databaseUrl,
    sessionUrl: config.listenDatabaseUrl,
    applicationName: `embedding-worker ${instance}`,
    poolSize: config.workerConcurrency,
  });
  database.on('error', () => undefined); // like the command: the pool opens another connection when needed
  const worker = new Worker({ config, database, events: events.emitter, log, version: '0.0.0-test', instance });
  const stop = async () => {
    running.delete(testWorker);
    await worker.stop();
    await database.close();
  };
  const testWorker: TestWorker = {
    config,
    events,
    log,
    get url() {
      return `http://127.0.0.1:${worker.healthPort}`;
    },
    quiet: () => database.quiet(),
    stop,
  };
  running.add(testWorker);
  try {
    await worker.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return testWorker;
}

/** Stops all running workers. For `afterAll` and `afterEach`. */
export async function stopWorkers(): Promise<void> {
  await Promise.all([...running].map((worker) => worker.stop()));
}
