import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Cluster } from './cluster/cluster.js';
import { startCluster } from './cluster/start-cluster.js';
import { dropDatabases } from './create-database.js';
import { runEnvironment } from './run-environment.js';
import { prepareServer, type Server } from './server.js';

/**
 * `describe` for tests that need a real PostgreSQL server. Where there is none they are skipped, and named so. At the end
 * the databases are dropped that were made in it, which fails if a connection was left open.
 */
export function describeWithServer(name: string, define: () => void): void {
  if (runEnvironment().server === undefined) {
    describe.skip(`${name} (skipped: no PostgreSQL server)`, define);
    return;
  }
  describe(name, () => {
    define();
    afterAll(dropDatabases); // the last of the hooks, so after those of the tests
  });
}

export interface OwnServer {
  readonly cluster: Cluster;
  /** For `createDatabase`. */
  readonly server: Server;
}

/**
 * The same for tests that take a server down, which has to be one of their own.
 *
 * @param define gets a function that returns it, to be called from hooks and tests
 */
export function describeWithCluster(name: string, define: (own: () => OwnServer) => void): void {
  let started: OwnServer | undefined;
  const own = () => {
    if (started === undefined) throw new Error('The server is there from beforeAll on');
    return started;
  };
  if (!runEnvironment().canStartClusters) {
    describe.skip(`${name} (skipped: no PostgreSQL to start a server of its own)`, () => {
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
