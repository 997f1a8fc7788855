import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Cluster } from './cluster/cluster.js';
import { startCluster } from './cluster/start-cluster.js';
import { dropDatabases } from './create-database.js';
import { runEnvironment } from './run-environment.js';
import { prepareServer, type Server } from './server.js';

/**
 * `describe` for tests that need a real PostgreSQL server. Without one they are skipped, which their title says. At the end it
 * drops the databases that the tests created, and fails if a connection was left open.
 */
export function describeWithServer(name: string, define: () => void): void {
  if (runEnvironment().server === undefined) {
    describe.skip(`${name} (skipped: no PostgreSQL server)`, define);
    return;
  }
  describe(name, () => {
    define();
    afterAll(dropDatabases); // registered last, so it runs after the hooks of the tests
  });
}

export interface OwnServer {
  readonly cluster: Cluster;
  /** For `createDatabase`. */
  readonly server: Server;
}

/**
 * The same for tests that stop a server, so they need their own.
 *
 * @param define gets a function that returns the server, for use in hooks and tests
 */
export function describeWithCluster(name: string, define: (own: () => OwnServer) => void): void {
  let started: OwnServer | undefined;
  const own = () => {
    if (started === undefined) throw new Error('The server exists only in hooks and tests');
    return started;
  };
  if (!runEnvironment().canStartClusters) {
    describe.skip(`${name} (skipped: no PostgreSQL installation to start a server from)`, () => {
      define(own);
    });
    return;
  }
  describe(name, () => {
    beforeAll(async () => {
      const cluster = await startCluster();
      started = { cluster, server: await prepareServer(cluster.url, cluster.description) };
    });
    define(own);
    afterAll(async () => {
      try {
        await dropDatabases();
      } finally {
        await started?.cluster.stop();
      }
    });
  });
}
