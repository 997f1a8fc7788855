import { Mutex } from 'async-mutex';
import type { Database, Queryable } from '../postgres/database.js';

/** Statements whose duration grows with the size of a table. pg-boss puts comments in front of them. */
const DEFINITION = /^\s*(?:\/\*[^]*?\*\/\s*|--[^\n]*\n\s*)*(?:CREATE|ALTER|DROP|REINDEX)\b/i;

/** pg-boss's access to the database: under our timeouts, except for changes to its own schema. */
export class BossDatabase {
  readonly #database: Database;
  /** The connection for everything while the schema is created or migrated. */
  #unlimited: Queryable | undefined;
  /** pg-boss starts statements in parallel, and this is one connection. */
  readonly #turns = new Mutex();

  constructor(database: Database) {
    this.#database = database;
  }

  async executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    const unlimited = this.#unlimited;
    if (unlimited !== undefined) return await this.#turns.runExclusive(() => runOn(unlimited, text, values));
    if (!DEFINITION.test(text)) return await this.#database.executeSql(text, values);
    return await this.#database.withoutLimits((db) => db.executeSql(text, values));
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
