import type { VectorType } from './vector-codec.js';

/**
 * The database as the rest of the program sees it. `postgres.ts` implements it for a server, `tools/demo` for the embedded
 * PostgreSQL of demo and tests, so nothing here mentions pools or sockets.
 */

/** Runs one statement at a time: the database itself, a transaction, or a session. */
export interface Queryable {
  /** Runs one parameterised statement and returns its rows. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The same in the form pg-boss takes, so that its calls can join our transactions: `{ db: tx }`. */
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

export interface Notification {
  readonly payload: string;
  /** The backend that sent it. */
  readonly processId: number;
}

/** A dedicated connection, for what belongs to a session: LISTEN, advisory locks, settings. */
export interface Session extends Queryable {
  /** Calls back for each notification until the session ends. `channel` is quoted here. */
  listen(channel: string, onNotification: (notification: Notification) => void): Promise<void>;
  /** The server's error, if it rejected the idle timeout. */
  readonly idleTimeoutRefusal?: Error;
  /** Resolves with the reason when the session is lost; never after `close()`. */
  readonly lost: Promise<Error>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** As `pg_stat_activity.application_name` shows it. */
  readonly applicationName: string;
  /** After this time without a statement, the server ends the session and releases its locks. Undefined: never. */
  readonly idleTimeoutSeconds?: number;
}

/** What the work of a transaction returns to have it rolled back: `transaction` then resolves with `result`. */
export class Rollback<T> {
  readonly result: T;

  constructor(result: T) {
    this.result = result;
  }
}

export interface TransactionOptions {
  /** Timeout of each of its statements, in place of the default. */
  readonly statementMs?: number;
  /** Called for each notice that the server sends while its statements run. */
  readonly onNotice?: (message: string) => void;
}

export interface Database extends Queryable {
  /** The kind of database, for pg-boss. */
  readonly backend: 'postgres' | 'pglite';
  /**
   * Runs `work` in one READ COMMITTED transaction. It is committed when `work` resolves, and rolled back when `work`
   * rejects or returns a `Rollback`. When the connection is lost during COMMIT, the outcome is unknown, so `work` must
   * be safe to run again.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T | Rollback<T>>, options?: TransactionOptions): Promise<T>;
  /** Runs `work` on one connection, outside a transaction and without our timeouts: for changes to pg-boss's schema. */
  withoutLimits<T>(work: (db: Queryable) => Promise<T>): Promise<T>;
  /** Opens a dedicated connection. */
  connect(options: SessionOptions): Promise<Session>;
  /**
   * Encodes vectors as one parameter: an array of this type.
   *
   * @param vectors all of the same length
   */
  encodeVectors(vectors: readonly Float32Array[], type: VectorType): Buffer<ArrayBuffer> | string;
  /** Whether a connection was made without TLS because its URL leaves the choice to the server. */
  readonly isPlain?: boolean;
  /** Whether the backend belongs to one of this process's connections. */
  ownsBackend(processId: number): boolean;
  close(): Promise<void>;
}
