import type { Server } from './server.js';

/** Passes the result of the global set-up to the processes that run the test files. */
const VARIABLE = 'EMBEDDING_WORKER_TEST_SERVER';

export interface RunEnvironment {
  /** The server of this run; undefined if there is none. */
  readonly server: Server | undefined;
  /** Whether `startCluster` works on this machine, for tests that stop a server. */
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
