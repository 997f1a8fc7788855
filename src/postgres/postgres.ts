import { EventEmitter } from 'node:events';
import type pg from 'pg';
import { describeAddress } from './address.js';
import { Route } from './connection.js';
import type { Database, Queryable, Rollback, Session, SessionOptions, TransactionOptions } from './database.js';
import { openPool, type OpenPool } from './pool.js';
import { openSession } from './session.js';
import { SessionSettings } from './session-settings.js';
import { StatementNames } from './statement-names.js';
import { onClient, queryable, transaction, type Lease } from './transaction.js';
import { isQueryTimeout } from './sqlstate.js';
import { encodeVectorArray } from './vector-codec.js';

/**
 * No statement of ours takes this long; a connection that swallows everything does. Short, since a leader whose session
 * is well and whose pool is half-open enqueues nothing meanwhile: with 60 s an edit waited for 60 to 84.
 */
const QUERY_TIMEOUT_MS = 15_000;
/** The server ends a statement before the driver gives up on it, or it would wait on, beside those of a new pool. */
const STATEMENT_LIMITS = { lockMs: 3_000, statementMs: QUERY_TIMEOUT_MS - 3_000 };
/** What has no limit on the server has this one: building an index of a large table takes minutes. */
const UNLIMITED_MS = 6 * 60 * 60 * 1000;
const CONNECT_TIMEOUT_MS = 10_000;
/** How long the goodbye of a connection may take. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface PostgresOptions {
  readonly url: string;
  /** For sessions that listen; the same server, reached without a transaction pooler. */
  readonly sessionUrl: string;
  readonly applicationName: string;
  /** The most connections the pool opens. */
  readonly poolSize: number;
}

/**
 * A PostgreSQL server through a pool of connections. Emits `error` for idle connections that are lost, and once `plain`
 * when a connection was made without TLS where its URL leaves that to the server.
 */
export class Postgres extends EventEmitter<{ error: [Error]; plain: [where: string] }> implements Database {
  readonly backend = 'postgres';
  readonly #options: PostgresOptions;
  readonly #backends = new Set<number>();
  readonly #names = new StatementNames();
  readonly #settings = new SessionSettings(STATEMENT_LIMITS);
  /** Connections whose sessions are their own; others are a pooler's. */
  readonly #direct = new WeakSet<pg.ClientBase>();
  readonly #route: Route;
  readonly #sessionRoute: Route;
  #pool: OpenPool;
  #closed = false;
  #vectorOid = 0;
  #isPlain = false;

  constructor(options: PostgresOptions) {
    super();
    this.#options = options;
    const { url, sessionUrl } = options;
    this.#route = this.#routeTo(url);
    this.#sessionRoute = sessionUrl === url ? this.#route : this.#routeTo(sessionUrl);
    this.#pool = this.#openPool();
  }

  get isPlain(): boolean {
    return this.#isPlain;
  }

  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.#one((db) => db.query<Row>(text, values));
  }

  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.#one((db) => db.executeSql(text, values));
  }

  transaction<T>(work: (tx: Queryable) => Promise<T | Rollback<T>>, options: TransactionOptions = {}): Promise<T> {
    return this.#leasing((lease) => this.#transaction(lease, work, options));
  }

  withoutLimits<T>(work: (db: Queryable) => Promise<T>): Promise<T> {
    return this.#leasing(async ({ client, discard }) => {
      const run = () => work(queryable(client, { answerMs: UNLIMITED_MS }));
      if (!this.#direct.has(client)) return await run(); // it has none
      await this.#settings.lift(client);
      try {
        return await run();
      } finally {
        await this.#settings.set(client).catch((error: unknown) => {
          discard(error instanceof Error ? error : new Error(String(error)));
        });
      }
    });
  }

  async connect(options: SessionOptions): Promise<Session> {
    return await openSession({ ...options, route: this.#sessionRoute, connectTimeoutMs: CONNECT_TIMEOUT_MS });
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

  #routeTo(url: string): Route {
    return new Route({
      url,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      onPlain: () => {
        if (!this.#isPlain) this.emit('plain', describeAddress(url));
        this.#isPlain = true;
      },
    });
  }

  #openPool(): OpenPool {
    const { url, sessionUrl, applicationName, poolSize } = this.#options;
    return openPool({
      route: this.#route,
      applicationName,
      size: poolSize,
      queryTimeoutMs: QUERY_TIMEOUT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      onConnect: async (client) => {
        // Whoever gives a second URL says that the first is a pooler's.
        if (sessionUrl === url && (await this.#settings.set(client))) this.#direct.add(client);
      },
      onError: (error) => this.emit('error', error),
      onBackend: (processId, ended) => {
        this.#backends.add(processId);
        void ended.then(() => this.#backends.delete(processId));
      },
    });
  }

  /** One statement; through a pooler in a transaction of its own, or the server would not end it when it waits. */
  #one<T>(work: (db: Queryable) => Promise<T>): Promise<T> {
    return this.#leasing((lease) =>
      this.#direct.has(lease.client)
        ? work(queryable(lease.client, { names: this.#names }))
        : this.#transaction(lease, work),
    );
  }

  #transaction<T>(
    lease: Lease,
    work: (tx: Queryable) => Promise<T | Rollback<T>>,
    { statementMs, onNotice }: TransactionOptions = {},
  ): Promise<T> {
    const { client } = lease;
    const isDirect = this.#direct.has(client);
    const tx = queryable(client, {
      ...(isDirect && { names: this.#names }),
      ...(statementMs !== undefined && { answerMs: statementMs + QUERY_TIMEOUT_MS - STATEMENT_LIMITS.statementMs }),
    });
    return transaction(
      lease,
      () => this.#settings.begin(client, !isDirect, statementMs),
      () => work(tx),
      onNotice,
    );
  }

  /** Where one connection swallows everything, the idle ones beside it do so too: they are not asked one by one. */
  async #leasing<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    const used = this.#pool;
    try {
      return await onClient(used.pool, work);
    } catch (error) {
      if (isQueryTimeout(error) && used === this.#pool && !this.#closed) {
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
