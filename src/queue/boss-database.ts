import { Mutex } from 'async-mutex';
import type { Database, Queryable } from '../postgres/database.js';

/** Statements whose duration grows with the size of a table. pg-boss puts comments in front of them. */
const DEFINITION = /^\s*(?:\/\*[^]*?\*\/\s*|--[^\n]*\n\s*)*(?:CREATE|ALTER|DROP|REINDEX)\b/i;

/** Statements by which pg-boss records its history: they create and drop the partitions of its table, and fill it. */
const HISTORY = /^\s*DO \$\$[^]*queue_stats|\bINSERT INTO \S*queue_stats\b/;

/**
 * pg-boss's access to the database: under our timeouts, except for changes to its own schema.
 *
 * A failure to record history is reported, and hidden from pg-boss: it would give up its pass, which also recovers the jobs
 * of crashed workers. A backup holds a lock for hours that keeps it from creating the next day's partition.
 */
export class BossDatabase {
  readonly #database: Database;
  readonly #onHistoryError: (error: unknown) => void;
  /** The connection for everything while the schema is created or migrated. */
  #unlimited: Queryable | undefined;
  /** pg-boss starts statements in parallel, and this is one connection. */
  readonly #turns = new Mutex();

  constructor(database: Database, onHistoryError: (error: unknown) => void = () => undefined) {
    this.#database = database;
    this.#onHistoryError = onHistoryError;
  }

  async executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    const unlimited = this.#unlimited;
    if (unlimited !== undefined) return await this.#turns.runExclusive(() => runOn(unlimited, text, values));
    if (HISTORY.test(text)) return await this.#record(text, values);
    if (!DEFINITION.test(text)) return await this.#database.executeSql(text, values);
    return await this.#database.withoutLimits((db) => db.executeSql(text, values));
  }

  async #record(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    try {
      return await this.#database.executeSql(text, values);
    } catch (error) {
      this.#onHistoryError(error);
      return { rows: [] };
    }
  }

  /** Creates or migrates the schema without timeouts. */
  async withoutLimits(work: () => Promise<unknown>): Promise<void> {
    await this.#database.withoutLimits(async (db) => {
      this.#unlimited = db;
      try {
        await work();
      } finally {
        this.#unlimited = undefined;
      }
      await this.#turns.waitForUnlock(); // statements that it started and did not wait for
    });
  }
}

/** pg-boss's scripts start transactions, and it continues if one fails because another process did the same first. */
async function runOn(db: Queryable, text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
  try {
    return await db.executeSql(text, values);
  } catch (error) {
    await db.executeSql('ROLLBACK').catch(() => undefined); // if this fails too, so does the next statement
    throw error;
  }
}
