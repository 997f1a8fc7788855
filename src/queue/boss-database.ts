import { Mutex } from 'async-mutex';
import type { Database, Queryable } from '../postgres/database.js';

/** What changes tables and indexes takes as long as they are large; pg-boss puts its own comments before it. */
const DEFINITION = /^\s*(?:\/\*[^]*?\*\/\s*|--[^\n]*\n\s*)*(?:CREATE|ALTER|DROP|REINDEX)\b/i;

/** pg-boss's way into the database: under our limits, but for what it does to its own schema. */
export class BossDatabase {
  readonly #database: Database;
  /** Where everything goes while the schema is made or migrated. */
  #unlimited: Queryable | undefined;
  /** That is one connection, and pg-boss does not wait for it to be free. */
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

  /** Runs what makes or migrates the schema. */
  async withoutLimits(work: () => Promise<unknown>): Promise<void> {
    await this.#database.withoutLimits(async (db) => {
      this.#unlimited = db;
      try {
        await work();
      } finally {
        this.#unlimited = undefined;
      }
      await this.#turns.waitForUnlock(); // what it began and did not wait for
    });
  }
}

/** A script of pg-boss begins a transaction of its own, and goes on where it finds that another has done the same before. */
async function runOn(db: Queryable, text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
  try {
    return await db.executeSql(text, values);
  } catch (error) {
    await db.executeSql('ROLLBACK').catch(() => undefined); // the connection is lost, as the next statement will tell
    throw error;
  }
}
