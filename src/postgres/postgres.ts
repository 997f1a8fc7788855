import { EventEmitter } from 'node:events';
import type pg from 'pg';
import { describeAddress } from './address.js';
import { Route } from './route.js';
import type { Database, Queryable, Rollback, Session, SessionOptions, TransactionOptions } from './database.js';
import { openPool, type OpenPool } from './pool.js';
import { openSession } from './session.js';
import { SessionSettings } from './session-settings.js';
import { StatementNames } from './statement-names.js';
import { onClient, queryable, transaction, type Lease } from './transaction.js';
import { isQueryTimeout } from './sqlstate.js';
import { encodeVectorArray, type VectorType } from './vector-codec.js';

/**
 * None of our statements takes this long; only a half-open connection does. It is short because a leader with a healthy
 * session and a half-open pool enqueues nothing: with 60 s an edit waited for 60 to 84 s.
 */
const QUERY_TIMEOUT_MS = 15_000;
/** Lower, so that the server ends a statement before the driver gives up. Otherwise it would wait on beside a new pool's. */
const STATEMENT_LIMITS = { lockMs: 3_000, statementMs: QUERY_TIMEOUT_MS - 3_000 };
/** The driver's limit for statements without one on the server: building an index on a large table takes minutes. */
const UNLIMITED_MS = 6 * 60 * 60 * 1000;
const CONNECT_TIMEOUT_MS = 10_000;
/** How long closing a connection may take. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface PostgresOptions {
  readonly url: string;
  /** For listening sessions: the same server, without a transaction pooler in between. */
  readonly sessionUrl: string;
  readonly applicationName: string;
  /** The pool's maximum number of connections. */
  readonly poolSize: number;
}

/**
 * A PostgreSQL server, through a pool of connections. Emits `error` when an idle connection is lost, and `plain` once when
 * a connection was made without TLS because its URL leaves the choice to the server.
 */
export class Postgres extends EventEmitter<{ error: [Error]; plain: [where: string] }> implements Database {
  readonly backend = 'postgres';
  readonly #options: PostgresOptions;
  readonly #backends = new Set<number>();
  readonly #names = new StatementNames();
  readonly #settings = new SessionSettings(STATEMENT_LIMITS);
  /** Connections with a session of their own. The sessions of others are shared through a pooler. */
  readonly #direct = new WeakSet<pg.ClientBase>();
  readonly #route: Route;
  readonly #sessionRoute: Route;
  #pool: OpenPool;
  #closed = false;
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
    return this.#runOne((db) => db.query<Row>(text, values));
  }

  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.#runOne((db) => db.executeSql(text, values));
  }

  transaction<T>(work: (tx: Queryable) => Promise<T | Rollback<T>>, options: TransactionOptions = {}): Promise<T> {
    return this.#withLease((lease) => this.#transaction(lease, work, options));
  }

  withoutLimits<T>(work: (db: Queryable) => Promise<T>): Promise<T> {
    return this.#withLease(async ({ client, discard }) => {
      const run = () => work(queryable(client, { answerMs: UNLIMITED_MS }));
      if (!this.#direct.has(client)) return await run(); // such a session has no limits
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

  encodeVectors(vectors: readonly Float32Array[], type: VectorType): Buffer<ArrayBuffer> {
    return encodeVectorArray(vectors, type);
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
        // A second URL means that the first goes through a pooler.
        if (sessionUrl === url && (await this.#settings.set(client))) this.#direct.add(client);
      },
      onError: (error) => this.emit('error', error),
      onBackend: (processId, ended) => {
        this.#backends.add(processId);
        void ended.then(() => this.#backends.delete(processId));
      },
    });
  }

  /** Runs one statement. Behind a pooler only a transaction has our timeouts, so it gets its own. */
  #runOne<T>(work: (db: Queryable) => Promise<T>): Promise<T> {
    return this.#withLease((lease) =>
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

  /** Replaces the pool after a query timeout: if one connection is half-open, the idle ones are too. */
  async #withLease<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    const used = this.#pool;
    try {
      return await onClient(used.pool, work);
    } catch (error) {
      if (isQueryTimeout(error) && used === this.#pool && !this.#closed) {
        this.#pool = this.#openPool();
        // Statements in progress on the old pool may finish or reach their own timeout.
        used.end(QUERY_TIMEOUT_MS + CLOSE_TIMEOUT_MS).catch((failure: unknown) => {
          this.emit('error', failure instanceof Error ? failure : new Error(String(failure)));
        });
      }
      throw error;
    }
  }
}
