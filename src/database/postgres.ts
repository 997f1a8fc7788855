import { EventEmitter } from 'node:events';
import type pg from 'pg';
import type { Database, Queryable, Session, SessionOptions, TransactionOptions } from './database.js';
import { openPool, type OpenPool } from './pool.js';
import { openSession } from './session.js';
import { StatementNames } from './statement-names.js';
import { queryable, transaction } from './transaction.js';
import { isUnanswered } from './transient-errors.js';
import { encodeVectorArray } from './vector-codec.js';

/**
 * No statement of ours takes this long; a connection that swallows everything does. Short, since a leader whose session
 * is well and whose pool is half-open enqueues nothing meanwhile: with 60 s an edit waited for 60 to 84.
 */
const QUERY_TIMEOUT_MS = 15_000;
/** How long the goodbye of a connection may take. */
const CLOSE_TIMEOUT_MS = 1_000;
const SESSION_CONNECT_TIMEOUT_MS = 10_000;

export interface PostgresOptions {
  readonly url: string;
  /** For sessions that listen; the same server, reached without a transaction pooler. */
  readonly sessionUrl: string;
  readonly applicationName: string;
  /** The most connections the pool opens. */
  readonly poolSize: number;
}

/** A PostgreSQL server through a pool of connections. Emits `error` for idle connections that are lost. */
export class Postgres extends EventEmitter<{ error: [Error] }> implements Database {
  readonly backend = 'postgres';
  readonly #options: PostgresOptions;
  readonly #backends = new Set<number>();
  readonly #queryable: Queryable;
  readonly #names: StatementNames | undefined;
  #pool: OpenPool;
  #closed = false;
  #vectorOid = 0;

  constructor(options: PostgresOptions) {
    super();
    this.#options = options;
    // Sessions can be held on the one URL there is, and statements prepared; behind a second one there is a pooler.
    this.#names = options.sessionUrl === options.url ? new StatementNames() : undefined;
    this.#pool = this.#openPool();
    this.#queryable = {
      query: (text, values) => this.#renewing((pool) => queryable(pool, this.#names).query(text, values)),
      executeSql: (text, values) => this.#renewing((pool) => queryable(pool, this.#names).executeSql(text, values)),
    };
  }

  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.#queryable.query<Row>(text, values);
  }

  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.#queryable.executeSql(text, values);
  }

  transaction<T>(work: (tx: Queryable) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.#renewing((pool) => transaction(pool, this.#names, work, options));
  }

  async connect(options: SessionOptions): Promise<Session> {
    const { sessionUrl } = this.#options;
    return await openSession({ ...options, url: sessionUrl, connectTimeoutMs: SESSION_CONNECT_TIMEOUT_MS });
  }

  useVectorType(oid: number): void {
    this.#vectorOid = oid;
  }

  encodeVectors(vectors: readonly Float32Array[]): Buffer<ArrayBuffer> {
    return encodeVectorArray(vectors, this.#vectorOid);
  }

  ownsBackend(processId: number): boolean {
    return this.#backends.has(processId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.end(CLOSE_TIMEOUT_MS);
  }

  #openPool(): OpenPool {
    const { url, applicationName, poolSize } = this.#options;
    return openPool({
      url,
      applicationName,
      size: poolSize,
      queryTimeoutMs: QUERY_TIMEOUT_MS,
      onError: (error) => this.emit('error', error),
      onBackend: (processId, ended) => {
        this.#backends.add(processId);
        void ended.then(() => this.#backends.delete(processId));
      },
    });
  }

  /** Where one connection swallows everything, the idle ones beside it do so too: they are not asked one by one. */
  async #renewing<T>(work: (pool: pg.Pool) => Promise<T>): Promise<T> {
    const used = this.#pool;
    try {
      return await work(used.pool);
    } catch (error) {
      if (isUnanswered(error) && used === this.#pool && !this.#closed) {
        this.#pool = this.#openPool();
        // What is under way on it may finish or pass its own time-out.
        used.end(QUERY_TIMEOUT_MS + CLOSE_TIMEOUT_MS).catch((failure: unknown) => {
          this.emit('error', failure instanceof Error ? failure : new Error(String(failure)));
        });
      }
      throw error;
    }
  }
}
