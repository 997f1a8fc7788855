import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { projectRoot } from '../../project-root.js';
import type { ContextKind } from '../../../src/blocks/context/kinds.js';
import { DIMENSIONS } from '../expected.js';
import type { VectorKind } from '../../../src/postgres/vector-codec.js';
import { isStalePlan, isTransient } from '../../../src/postgres/sqlstate.js';
import { startCluster } from '../../../test/support/cluster/start-cluster.js';
import type { Cluster, ShutdownMode } from '../../../test/support/cluster/cluster.js';
import { prepareServer } from '../../../test/support/server.js';
import { TestDatabase } from '../../../test/support/test-database.js';
import { auditSql } from './audit.sql.js';
import { contextSql } from './context.js';
import { SECOND, type Deployment } from './deployments.js';
import { secondModelSql } from './second-model.sql.js';
import { triggerVariantSql } from './trigger-variant.sql.js';

/** Few enough for a nemesis to exhaust them. */
const MAX_CONNECTIONS = 90;
const POOL_SIZE = 6;
const PERSIST_MS = 60_000;
const RETRY_MS = 100;

export const WORKER_ROLE = 'crucible_worker';
/** Another client, which takes connections and locks. Not a superuser, so the crucible can always connect. */
const OTHER_CLIENT_ROLE = 'crucible_other_client';

export interface DatabaseOptions {
  /** Lets the workers' role write all columns, for the sabotage that does so. */
  readonly grantAllColumns: boolean;
  readonly vectorKind: VectorKind;
  readonly context: ContextKind;
  /** The Deployments whose columns the table has. */
  readonly deployments: readonly Deployment[];
}

/** The database of a run, on its own server, with the crucible's own connections, which use no proxy. */
export class CrucibleDatabase {
  readonly #cluster: Cluster;
  readonly #database: TestDatabase;
  readonly #pool: pg.Pool;
  /** The type of the embedding column. */
  readonly vectorKind: VectorKind;
  /** What of its note is embedded with a block. */
  readonly context: ContextKind;
  readonly workerUrl: string;
  readonly otherClientUrl: string;

  private constructor(
    cluster: Cluster,
    database: TestDatabase,
    urls: { worker: string; otherClient: string },
    { vectorKind, context }: DatabaseOptions,
  ) {
    this.vectorKind = vectorKind;
    this.context = context;
    this.#cluster = cluster;
    this.#database = database;
    this.workerUrl = urls.worker;
    this.otherClientUrl = urls.otherClient;
    this.#pool = new pg.Pool({
      connectionString: database.url,
      application_name: 'crucible',
      max: POOL_SIZE,
      connectionTimeoutMillis: 10_000,
      query_timeout: 30_000,
    });
    this.#pool.on('error', () => undefined); // the crucible itself restarts the server
  }

  static async create(options: DatabaseOptions): Promise<CrucibleDatabase> {
    const cluster = await startCluster();
    try {
      const server = await prepareServer(cluster.url, cluster.description);
      const database = await TestDatabase.create(server, { vectorKind: options.vectorKind });
      await database.query(`ALTER SYSTEM SET max_connections = ${MAX_CONNECTIONS}`);
      await cluster.restart('fast');
      const worker = await createRole(database, WORKER_ROLE);
      const otherClient = await createRole(database, OTHER_CLIENT_ROLE);
      await database.query('REVOKE ALL ON SCHEMA public FROM PUBLIC'); // each role has only what it was granted
      await database.query(await grants(WORKER_ROLE, database.name));
      await database.query(`GRANT USAGE ON SCHEMA public TO ${OTHER_CLIENT_ROLE}`);
      await database.query(`GRANT ALL ON blocks, notes TO ${OTHER_CLIENT_ROLE}`);
      if (options.grantAllColumns) await database.query(`GRANT ALL ON blocks, notes TO ${WORKER_ROLE}`);
      await database.query(await contextSql(options.context));
      await database.query('CREATE SCHEMA crucible');
      if (options.deployments.includes(SECOND))
        await database.query(secondModelSql(WORKER_ROLE, `${options.vectorKind}(${DIMENSIONS})`));
      await database.query(auditSql(WORKER_ROLE, options.deployments, options.context));
      await database.query(triggerVariantSql());
      await database.query('ALTER TABLE blocks ALTER embedding_status DROP NOT NULL'); // for rows older than the trigger
      return new CrucibleDatabase(cluster, database, { worker, otherClient }, options);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get url(): string {
    return this.#database.url;
  }

  get host(): { readonly host: string; readonly port: number } {
    const { hostname, port } = new URL(this.url);
    return { host: hostname, port: Number(port) };
  }

  /** One statement. If its connection has a plan from before a column's type changed, which closes it, another one is used. */
  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    for (let tries = 1; ; tries++) {
      try {
        return (await this.#pool.query<Row>(text, [...values])).rows;
      } catch (error) {
        if (!isStalePlan(error) || tries > POOL_SIZE) throw error;
      }
    }
  }

  /** Like `query`, but retries while the server is down, for at most a minute. */
  async persist<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const deadline = Date.now() + PERSIST_MS;
    for (;;) {
      try {
        return await this.query<Row>(text, values);
      } catch (error) {
        if (!isTransient(error) || Date.now() > deadline) throw error;
        await delay(RETRY_MS);
      }
    }
  }

  /** Opens a separate connection. */
  async connect(name: string, url = this.url): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url, application_name: name, connectionTimeoutMillis: 10_000 });
    client.on('error', () => undefined); // pending queries reject
    await client.connect();
    return client;
  }

  async restart(mode: ShutdownMode): Promise<void> {
    await this.#cluster.restart(mode);
  }

  async halt(mode: ShutdownMode): Promise<void> {
    await this.#cluster.halt(mode);
  }

  async resume(): Promise<void> {
    await this.#cluster.resume();
  }

  async stop(): Promise<void> {
    await this.#pool.end();
    await this.#database.drop().catch(() => undefined); // half-open connections may prevent it; the cluster is deleted anyway
    await this.#cluster.stop();
  }
}

/** @returns the database's URL for this role */
async function createRole(database: TestDatabase, role: string): Promise<string> {
  const password = randomBytes(12).toString('hex');
  await database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  const url = new URL(database.url);
  url.username = role;
  url.password = password;
  return url.href;
}

/** The SQL of `k8s/role.sql`, with psql's variables filled in. */
async function grants(role: string, database: string): Promise<string> {
  const sql = await readFile(join(projectRoot(), 'k8s', 'role.sql'), 'utf8');
  return sql.replaceAll(':"role"', `"${role}"`).replaceAll(':"DBNAME"', `"${database}"`);
}
