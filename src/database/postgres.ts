import { EventEmitter } from 'node:events';
import pg from 'pg';
import type { Database, Queryable, Session, SessionOptions } from './database.js';
import { openSession } from './session.js';
import { isTransient } from './transient-errors.js';
import { encodeVectorArray } from './vector-codec.js';

/** No statement of ours takes this long; a connection that swallows everything does. */
const QUERY_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
/**
 * Each statement sees what was committed before it, whatever the administrator's default is: settling relies on it. And
 * a process that is frozen within a transaction must not hold its rows for as long as it is frozen. No transaction of
 * ours waits for anything but the database.
 */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '15s'`;

export interface PostgresOptions {
  readonly url: string;
  /** For sessions that listen; the same server, reached without a transaction pooler. */
  readonly sessionUrl: string;
  readonly applicationName: string;
  /** The most connections the pool opens. */
  readonly poolSize: number;
}

/** How a query is run on a pg client or pool. */
type Runner = Pick<pg.Pool | pg.PoolClient, 'query'>;

function queryable(runner: Runner): Queryable {
  return {
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await runner.query<Row>(text, [...values])).rows,
    // Without values pg uses the simple protocol, in which pg-boss sends several statements at once.
    executeSql: async (text, values) => await runner.query(text, values),
  };
}

/** A PostgreSQL server through a pool of connections. Emits `error` for idle connections that are lost. */
export class Postgres extends EventEmitter<{ error: [Error] }> implements Database {
  readonly backend = 'postgres';
  readonly #pool: pg.Pool;
  readonly #options: PostgresOptions;
  readonly #backends = new Set<number>();
  readonly #queryable: Queryable;
  #vectorOid = 0;

  constructor(options: PostgresOptions) {
    super();
    this.#options = options;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: options.applicationName,
      max: options.poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    this.#queryable = queryable(this.#pool);
    this.#pool.on('error', (error) => this.emit('error', error));
    this.#pool.on('connect', (client) => {
      const processId = backendOf(client);
      if (processId === undefined) return;
      this.#backends.add(processId);
      client.once('end', () => this.#backends.delete(processId));
    });
  }

  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.#queryable.query<Row>(text, values);
  }

  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.#queryable.executeSql(text, values);
  }

  async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    const onError = (error: Error) => (broken = error);
    client.on('error', onError); // while checked out, the pool does not listen
    try {
      await client.query(BEGIN);
      const result = await work(queryable(client));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      try {
        // What the driver says of the connection, such as a time-out, leaves it waiting for an answer. An error of the
        // server, or of the work itself, leaves it usable.
        if (error instanceof Error && isTransient(error) && !(error instanceof pg.DatabaseError)) broken = error;
        else await client.query('ROLLBACK');
      } catch (rollbackError) {
        // The first error is the one to report; this one says that the connection is of no more use.
        broken ??= rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
      }
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  async connect(options: SessionOptions): Promise<Session> {
    return await openSession({ ...options, url: this.#options.sessionUrl, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  }

  useVectorType(oid: number): void {
    this.#vectorOid = oid;
  }

  encodeVectors(vectors: readonly Float32Array[]): Buffer {
    return encodeVectorArray(vectors, this.#vectorOid);
  }

  ownsBackend(processId: number): boolean {
    return this.#backends.has(processId);
  }

  async close(): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end();
  }
}

function backendOf(client: pg.PoolClient): number | undefined {
  // pg sets it from BackendKeyData; its typings leave it out. A pooler may send none.
  const { processID } = client as unknown as { processID?: number | null };
  return processID ?? undefined;
}
