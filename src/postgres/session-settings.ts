import type pg from 'pg';
import { processIdOf } from './connection.js';
import { isRejectedByServer } from './sqlstate.js';

/** Limits by which the server ends what waits, in milliseconds; where its own is lower, that one holds. */
export interface SessionLimits {
  readonly lockMs: number;
  readonly statementMs: number;
}

/** How often the server looks, during a statement, whether its client is still there. Since PostgreSQL 14, on Linux. */
const CHECK_INTERVAL = 'client_connection_check_interval';
const CHECK_INTERVAL_MS = 2_000;

/**
 * What else statements depend on, and a database or role may have set otherwise. Everything else that was tried had no effect:
 * search_path, DateStyle, IntervalStyle, TimeZone, bytea_output, row_security, jit, plan_cache_mode, enable_*, and others.
 */
const DEPENDED_ON: Readonly<Record<string, string>> = {
  // Types and indexes are told apart by the names that the catalogue's functions give them.
  quote_all_identifiers: 'off',
  // Counts come as float8: with -15, 51 was 50.
  extra_float_digits: '1',
};
/**
 * Of a statement outside of a transaction. With serializable, fetching failed so often that embedding took more than twice as
 * long.
 */
const ISOLATION = { default_transaction_isolation: 'read committed' };

/**
 * A process that is frozen within a transaction must not hold its rows for as long as it is frozen. No transaction of ours
 * waits for anything but the database.
 */
const IDLE_IN_TRANSACTION = `SET LOCAL idle_in_transaction_session_timeout = '15s'`;
/** Each statement sees what was committed before it, whatever the administrator's default is: settling relies on it. */
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/** What a session has for as long as it lasts, or where it is shared with others, what each transaction has. */
export class SessionSettings {
  readonly #limits: SessionLimits;
  #checks = true;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /**
   * Sets them for a session.
   *
   * @returns false where it is a pooler's, which says that it is another backend than the one that answers, and may hand it
   * on to others: it is left as it is
   */
  async set(client: pg.ClientBase): Promise<boolean> {
    const own = `pg_backend_pid() = ${processIdOf(client) ?? 0}`;
    const ask = async () => {
      const settings = this.#settings(false).map((one, i) => `CASE WHEN ${own} THEN ${one} END AS s${i}`);
      const { rows } = await client.query<{ own: boolean }>(`SELECT ${own} AS own, ${settings.join(', ')}`);
      return rows[0]?.own === true;
    };
    return await this.#withoutWhatIsRefused(ask, () => Promise.resolve());
  }

  /** Takes them back, for what takes as long as it takes. */
  async lift(client: pg.ClientBase): Promise<void> {
    await client.query(`SET lock_timeout TO DEFAULT; SET statement_timeout TO DEFAULT`);
  }

  /**
   * Begins a transaction.
   *
   * @param isShared whether others use the session, too, so that they are set for this transaction alone
   * @param statementMs in place of the common limit
   */
  async begin(client: pg.ClientBase, isShared: boolean, statementMs?: number): Promise<void> {
    const begin = async () => {
      const settings = isShared ? [`SELECT ${this.#settings(true).join(', ')}`] : [];
      const limit = statementMs === undefined ? [] : [`SET LOCAL statement_timeout = ${statementMs}`];
      await client.query([BEGIN, IDLE_IN_TRANSACTION, ...settings, ...limit].join('; '));
    };
    await this.#withoutWhatIsRefused(begin, async () => {
      await client.query('ROLLBACK');
    });
  }

  /** A server that has no such check refuses the statement. */
  async #withoutWhatIsRefused<T>(statement: () => Promise<T>, undo: () => Promise<void>): Promise<T> {
    try {
      return await statement();
    } catch (error) {
      if (!this.#checks || !isRejectedByServer(error)) throw error;
      await undo();
      this.#checks = false;
      return await statement();
    }
  }

  #settings(isLocal: boolean): string[] {
    const { lockMs, statementMs } = this.#limits;
    const dependedOn = Object.entries(isLocal ? DEPENDED_ON : { ...DEPENDED_ON, ...ISOLATION });
    return [
      ...dependedOn.map(([name, value]) => `set_config('${name}', '${value}', ${isLocal})`),
      atMost('lock_timeout', lockMs, isLocal),
      atMost('statement_timeout', statementMs, isLocal),
      ...(this.#checks ? [atMost(CHECK_INTERVAL, CHECK_INTERVAL_MS, isLocal)] : []),
    ];
  }
}

/** SQL that sets a limit, where the one that holds is none (0) or higher. */
function atMost(name: string, ms: number, isLocal: boolean): string {
  const current = `current_setting('${name}')`;
  const isLower = `extract(epoch FROM ${current}::interval) * 1000 BETWEEN 0.001 AND ${ms}`;
  return `set_config('${name}', CASE WHEN ${isLower} THEN ${current} ELSE '${ms}' END, ${isLocal})`;
}
