import type { TestDatabase } from '../../test/support/test-database.js';
import type { Bench } from './scenario.js';
import { resetStatements, statementsOf } from './statements.js';
import type { BenchWorker } from './worker.js';

/** Cost per second of workers that have nothing to do. */
export interface IdleCost {
  /** CPU seconds of all workers together, and of PostgreSQL. */
  readonly workerCpu: number;
  readonly postgresCpu: number;
  readonly statements: number;
}

/** Measures workers that have nothing to do, until `wait` resolves. */
export async function measureIdle(
  bench: Bench,
  db: TestDatabase,
  workers: readonly BenchWorker[],
  wait: () => Promise<unknown>,
): Promise<IdleCost> {
  const workerCpu = async () => {
    const usages = await Promise.all(workers.map((worker) => worker.usage()));
    return usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  };
  await resetStatements(db);
  const before = { worker: await workerCpu(), postgres: await bench.server.cpuSeconds() };
  const started = performance.now();
  await wait();
  const took = (performance.now() - started) / 1000;
  return {
    workerCpu: ((await workerCpu()) - before.worker) / took,
    postgresCpu: ((await bench.server.cpuSeconds()) - before.postgres) / took,
    statements: (await statementsOf(db)) / took,
  };
}
