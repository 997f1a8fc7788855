import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { createDatabase, dropDatabases } from '../create-database.js';
import type { TestDatabase } from '../test-database.js';
import { workerEnvironment, type WorkerEnvironment } from '../worker-in-process.js';
import { killProcesses, WorkerProcess } from '../worker-process.js';
import type { Programs } from './programs.js';
import { Prometheus } from './prometheus.js';

/** Two replicas of the built worker, and a Prometheus that scrapes them. */
export interface MonitoredSite {
  readonly db: TestDatabase;
  readonly ollama: StandIn;
  /** Base URLs of their HTTP endpoints. */
  readonly urls: readonly string[];
  readonly prometheus: Prometheus;
}

/** Shared by all tests of a `describeWithPrometheus`. @returns a function that returns them, for use in tests */
export function useMonitoredSite(programs: Programs, environment: WorkerEnvironment = {}): () => MonitoredSite {
  let ollama: StandIn | undefined;
  let site: MonitoredSite | undefined;
  beforeAll(async () => {
    const db = await createDatabase();
    ollama = await startStandIn();
    const settings = workerEnvironment(db, ollama, { PALDOCS_RETRY_LIMIT: '0', ...environment });
    const workers = [WorkerProcess.start(settings), WorkerProcess.start(settings)];
    const urls = await Promise.all(workers.map((worker) => worker.untilWorking()));
    const prometheus = await Prometheus.start(
      programs,
      urls.map((url) => new URL(url).host),
    );
    site = { db, ollama, urls, prometheus };
  });
  afterAll(async () => {
    await site?.prometheus.stop();
    ollama?.faults.clear();
    await killProcesses();
    await ollama?.stop();
    await dropDatabases();
  });
  return () => {
    if (site === undefined) throw new Error('The site exists only in tests');
    return site;
  };
}
