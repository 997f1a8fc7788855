import type pg from 'pg';
import { processIdOf } from './connection.js';
import { isRejectedByServer } from './sqlstate.js';

/** Timeouts on the server, in milliseconds. A lower value that the server already has is kept. */
export interface SessionLimits {
  readonly lockMs: number;
  readonly statementMs: number;
}

/** How often the server checks, during a statement, that its client is still connected. Since PostgreSQL 14, on Linux. */
const CHECK_INTERVAL = 'client_connection_check_interval';
const CHECK_INTERVAL_MS = 2_000;

/**
 * Other settings that our statements depend on and that a database or role may have changed. All others that were tried
 * had no effect: search_path, DateStyle, IntervalStyle, TimeZone, bytea_output, row_security, jit, plan_cache_mode, enable_*, and others.
 */
const REQUIRED: Readonly<Record<string, string>> = {
  // Types and indexes are recognised by the names that the catalogue's functions return.
  quote_all_identifiers: 'off',
  // Counts arrive as float8: with -15, 51 became 50.
  extra_float_digits: '1',
};
/**
 * For statements outside a transaction. With serializable, fetching jobs failed so often that embedding took more than
 * twice as long.
 */
const ISOLATION = { default_transaction_isolation: 'read committed' };

/**
 * A process that freezes inside a transaction must not keep its row locks. Our transactions wait for nothing but the
 * database.
 */
const IDLE_IN_TRANSACTION = `SET LOCAL idle_in_transaction_session_timeout = '15s'`;
/** Each statement sees everything committed before it, whatever the server's default is: settling relies on that. */
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/** Settings for a whole session or, if a pooler shares the session, for each transaction. */
export class SessionSettings {
  readonly #limits: SessionLimits;
  #hasConnectionCheck = true;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /**
   * Sets them for a session.
   *
   * @returns false behind a pooler, which may pass the session on to others: it reports another backend than the one that
   * answers. Nothing is changed then.
   */
  async set(client: pg.ClientBase): Promise<boolean> {
    const own = `pg_backend_pid() = ${processIdOf(client) ?? 0}`;
    const setIfOwn = async () => {
      const settings = this.#settings(false).map((one, i) => `CASE WHEN ${own} THEN ${one} END AS s${i}`);
      const { rows } = await client.query<{ own: boolean }>(`SELECT ${own} AS own, ${settings.join(', ')}`);
      return rows[0]?.own === true;
    };
    return await this.#withoutUnsupported(setIfOwn, () => Promise.resolve());
  }

  /** Removes the timeouts. */
  async lift(client: pg.ClientBase): Promise<void> {
    await client.query(`SET lock_timeout TO DEFAULT; SET statement_timeout TO DEFAULT`);
  }

  /**
   * Begins a transaction.
   *
   * @param isShared whether a pooler shares the session: then the settings apply to this transaction only
   * @param statementMs in place of the default timeout
   */
  async begin(client: pg.ClientBase, isShared: boolean, statementMs?: number): Promise<void> {
    const begin = async () => {
      const settings = isShared ? [`SELECT ${this.#settings(true).join(', ')}`] : [];
      const limit = statementMs === undefined ? [] : [`SET LOCAL statement_timeout = ${statementMs}`];
      await client.query([BEGIN, IDLE_IN_TRANSACTION, ...settings, ...limit].join('; '));
    };
    await this.#withoutUnsupported(begin, async () => {
      await client.query('ROLLBACK');
    });
  }

  /** Repeats a statement without the connection check when the server rejects it: not every server has that setting. */
  async #withoutUnsupported<T>(statement: () => Promise<T>, undo: () => Promise<void>): Promise<T> {
    try {
      return await statement();
    } catch (error) {
      if (!this.#hasConnectionCheck || !isRejectedByServer(error)) throw error;
      await undo();
      this.#hasConnectionCheck = false;
      return await statement();
    }
  }

  #settings(isLocal: boolean): string[] {
    const { lockMs, statementMs } = this.#limits;
    const required = Object.entries(isLocal ? REQUIRED : { ...REQUIRED, ...ISOLATION });
    return [
      ...required.map(([name, value]) => `set_config('${name}', '${value}', ${isLocal})`),
      atMost('lock_timeout', lockMs, isLocal),
      atMost('statement_timeout', statementMs, isLocal),
      ...(this.#hasConnectionCheck ? [atMost(CHECK_INTERVAL, CHECK_INTERVAL_MS, isLocal)] : []),
    ];
  }
}

/** SQL that sets a timeout unless the current one is lower and not 0, which means none. */
function atMost(name: string, ms: number, isLocal: boolean): string {
  const current = `current_setting('${name}')`;
  const isLower = `extract(epoch FROM ${current}::interval) * 1000 BETWEEN 0.001 AND ${ms}`;
  return `set_config('${name}', CASE WHEN ${isLower} THEN ${current} ELSE '${ms}' END, ${isLocal})`;
}
