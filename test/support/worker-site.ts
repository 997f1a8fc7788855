import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from './create-database.js';
import type { SchemaVariant } from './schema-variant.js';
import type { TestDatabase } from './test-database.js';
import { startWorker, stopWorkers, type TestWorker, type WorkerEnvironment } from './worker-in-process.js';

/** Database, model server and worker of a test. */
export interface Site {
  readonly db: TestDatabase;
  readonly ollama: StandIn;
  readonly worker: TestWorker;
}

export interface SiteOptions {
  readonly variant?: SchemaVariant;
  /** Changes the database before the worker starts. */
  readonly prepare?: (db: TestDatabase) => Promise<unknown>;
  readonly standIn?: Parameters<typeof startStandIn>[0];
  readonly environment?: WorkerEnvironment;
  /** Returns the URL for the worker's role, once the database is prepared. */
  readonly role?: () => string;
  /** Opens the worker's database, if it is a special one. */
  readonly openDatabase?: Parameters<typeof startWorker>[3];
}

/**
 * A database, a stand-in that records texts, and a worker, shared by all tests of a `describeWithServer`. Each test starts
 * without faults, and without the requests and events of earlier tests.
 *
 * @returns a function that returns them, for use in tests
 */
export function useSite(options: SiteOptions = {}): () => Site {
  let ollama: StandIn | undefined;
  let site: Site | undefined;
  beforeAll(async () => {
    const db = await createDatabase(options.variant);
    await options.prepare?.(db);
    ollama = await startStandIn({ recordTexts: true, ...options.standIn });
    site = {
      db,
      ollama,
      worker: await startWorker({ url: options.role?.() ?? db.url }, ollama, options.environment, options.openDatabase),
    };
  });
  beforeEach(async () => {
    await site?.worker.quiet();
    site?.ollama.forgetRequests();
    site?.worker.events.forget();
  });
  afterEach(async () => {
    site?.ollama.faults.clear();
    await site?.ollama.waitFor(({ stats }) => stats.listening);
  });
  afterAll(async () => {
    ollama?.faults.clear();
    await stopWorkers().finally(() => ollama?.stop());
  });
  return () => {
    if (site === undefined) throw new Error('The site exists only in tests');
    return site;
  };
}
