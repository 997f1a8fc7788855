import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { startCluster } from '../../test/support/cluster/start-cluster.js';
import type { Cluster } from '../../test/support/cluster/cluster.js';
import { prepareServer, type Server } from '../../test/support/server.js';
import { TestDatabase } from '../../test/support/test-database.js';
import { cpuSecondsOfTree } from './usage.js';

/**
 * As on the tests' servers, `fsync` is off, so that a shared disk does not affect the figures. Commit timestamps print to the
 * microsecond when an edit and its vector were committed; pg_stat_statements counts statements.
 */
const SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements',
  track_commit_timestamp: 'on',
  shared_buffers: '512MB',
  max_wal_size: '4GB',
};

/** A PostgreSQL server for one run of the bench. */
export class BenchServer {
  readonly description: string;
  readonly #cluster: Cluster;
  readonly #server: Server;
  #postmasterPid: number;

  private constructor(cluster: Cluster, server: Server, postmasterPid: number) {
    this.description = cluster.description;
    this.#cluster = cluster;
    this.#server = server;
    this.#postmasterPid = postmasterPid;
  }

  static async start(): Promise<BenchServer> {
    const cluster = await startCluster();
    try {
      const postmasterPid = await restartWith(cluster, SETTINGS);
      const server = await prepareServer(cluster.url, cluster.description);
      return new BenchServer(cluster, server, postmasterPid);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Runs the server with this size of `shared_buffers` during `work`. No connection may be open before and after. */
  async withSharedBuffers<T>(size: string, work: () => Promise<T>): Promise<T> {
    this.#postmasterPid = await restartWith(this.#cluster, { shared_buffers: size });
    try {
      return await work();
    } finally {
      this.#postmasterPid = await restartWith(this.#cluster, { shared_buffers: SETTINGS.shared_buffers });
    }
  }

  /** A new database with the reference schema and trigger. The caller drops it. */
  async createDatabase(): Promise<TestDatabase> {
    const database = await TestDatabase.create(this.#server, {});
    await database.query('CREATE EXTENSION pg_stat_statements');
    return database;
  }

  /** CPU seconds of all server processes so far. */
  async cpuSeconds(): Promise<number> {
    return await cpuSecondsOfTree(this.#postmasterPid);
  }

  async stop(): Promise<void> {
    await this.#cluster.stop();
  }
}

/** @returns the pid of the new postmaster */
async function restartWith(cluster: Cluster, settings: Readonly<Record<string, string>>): Promise<number> {
  await onServer(cluster.url, async (client) => {
    for (const [name, value] of Object.entries(settings)) {
      await client.query(`ALTER SYSTEM SET ${name} = ${pg.escapeLiteral(value)}`);
    }
  });
  await cluster.restart('fast');
  const directory = await onServer(cluster.url, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    return rows[0]?.data_directory ?? '';
  });
  const [pid] = (await readFile(`${directory}/postmaster.pid`, 'utf8')).split('\n');
  return Number(pid);
}

async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
