import type { Server } from './server.js';

/** What the global set-up found, handed to the processes that run the test files through this variable. */
const VARIABLE = 'EMBEDDING_WORKER_TEST_SERVER';

export interface RunEnvironment {
  /** The server of this run; undefined where there is none. */
  readonly server: Server | undefined;
  /** Whether `startCluster` works here, for tests that take a server down. */
  readonly canStartClusters: boolean;
}

export function publishRunEnvironment(environment: RunEnvironment): void {
  process.env[VARIABLE] = JSON.stringify(environment);
}

export function runEnvironment(): RunEnvironment {
  const json = process.env[VARIABLE];
  if (json === undefined) throw new Error('The global set-up has not run; start the tests with "yarn test"');
  return { server: undefined, ...(JSON.parse(json) as Omit<RunEnvironment, 'server'>) };
}
