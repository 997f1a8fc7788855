/**
 * What the rest of the program knows of a database. `postgres.ts` is the real one; the embedded one of demo and tests
 * implements the same interface, which is why nothing here speaks of pools or sockets.
 */

/** Something that runs one statement at a time: the database itself, a transaction, or a session. */
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

/** One connection of its own, for what belongs to a session: LISTEN, advisory locks, settings. */
export interface Session extends Queryable {
  /** Calls back for each notification until the session ends. `channel` is quoted here. */
  listen(channel: string, onNotification: (notification: Notification) => void): Promise<void>;
  /** Why the server does not end it when it is idle, where it does not. */
  readonly idleTimeoutRefusal?: Error;
  /** Resolves once when the session is lost, with the reason; never after `close()`. */
  readonly lost: Promise<Error>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** What `pg_stat_activity.application_name` shows. */
  readonly applicationName: string;
  /** The server ends the session, and frees what it holds, when nothing was asked for so long; undefined: never. */
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
  /** How long one of its statements may take, where that is more than others may. */
  readonly statementMs?: number;
  /** Told of what the server says beside its answers, as its statements run. */
  readonly onNotice?: (message: string) => void;
}

export interface Database extends Queryable {
  /** What pg-boss must know of it. */
  readonly backend: 'postgres' | 'pglite';
  /**
   * Runs `work` in one READ COMMITTED transaction. It is committed when `work` resolves, and rolled back when `work`
   * rejects or returns a `Rollback`. When the connection is lost during COMMIT, the outcome is unknown, so `work` must
   * be safe to run again.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T | Rollback<T>>, options?: TransactionOptions): Promise<T>;
  /** Runs `work` on one connection, outside of transactions, without limits of ours: for what changes pg-boss's schema. */
  withoutLimits<T>(work: (db: Queryable) => Promise<T>): Promise<T>;
  /** Opens a session of its own. */
  connect(options: SessionOptions): Promise<Session>;
  /** Learns the oid of the type vector in this database, which sending vectors needs. */
  useVectorType(oid: number): void;
  /**
   * Vectors as one parameter of type vector[].
   *
   * @param vectors each of the same length
   */
  encodeVectors(vectors: readonly Float32Array[]): Buffer<ArrayBuffer> | string;
  /** Whether a connection was made without TLS where its URL leaves that to the server. */
  readonly isPlain?: boolean;
  /** Whether one of this process's own connections has that backend. */
  ownsBackend(processId: number): boolean;
  close(): Promise<void>;
}
