import type pg from 'pg';
import { isTransient } from '../../../src/postgres/sqlstate.js';
import type { Random } from '../random.js';
import type { CrucibleDatabase } from '../testbed/database.js';
import type { Ollama } from '../testbed/ollama.js';
import { sleep } from '../../../src/base/sleep.js';
import { actionsFor } from './actions.js';
import { CommitMark } from './commit-mark.js';
import { noChanges, type Model } from './model.js';
import { Transaction } from './transaction.js';
import { Texts } from './texts.js';

export interface SessionOptions {
  readonly name: string;
  readonly database: CrucibleDatabase;
  readonly ollama: Ollama;
  readonly model: Model;
  readonly random: Random;
  readonly perSecond: number;
  /** Called when another client locked a row for longer than `LOCK_TIMEOUT_SECONDS`. */
  readonly onLockedOut: () => void;
}

const NOTES = 4;
const MAX_HOLD_MS = 250;
/** No nemesis locks a row for that long, and no worker may. */
const LOCK_TIMEOUT_SECONDS = 25;
/** PostgreSQL, appendix A. */
const LOCK_NOT_AVAILABLE = '55P03';
/** Errors of an API during a migration: undefined_column, and datatype_mismatch in a trigger function that was planned before. */
const MIGRATING = ['42703', '42804'];

/** One client of the API, which writes to its own notes in one transaction after another. */
export class WriterSession {
  readonly #options: SessionOptions;
  readonly #texts: Texts;
  readonly #noteIds: string[] = [];
  #client: pg.Client | undefined;
  rolledBack = 0;
  lost = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#texts = new Texts(options.random.fork('texts'), options.name, options.database.context);
  }

  async prepare(): Promise<void> {
    const { database, model, name } = this.#options;
    for (let i = 0; i < NOTES; i++) {
      const title = `Note ${this.#texts.word()}`;
      const [row] = await database.query<{ id: string }>(
        'INSERT INTO notes (title) VALUES ($1) RETURNING id::text AS id',
        [title],
      );
      const id = row?.id ?? '';
      this.#noteIds.push(id);
      const changes = { ...noChanges(), notes: new Map([[id, { id, title }]]) };
      model.apply(changes, name);
    }
  }

  /** Writes until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { random, perSecond } = this.#options;
    while (!signal.aborted) {
      const started = performance.now();
      const actions = random.weighted([
        [70, 1],
        [20, 2],
        [10, random.between(3, 6)],
      ]);
      await this.#transaction(actions, signal);
      await sleep((actions * 1000) / perSecond - (performance.now() - started), signal);
    }
    await this.#client?.end().catch(() => undefined);
  }

  async #transaction(actions: number, signal: AbortSignal): Promise<void> {
    const { random, model, name, ollama, database } = this.#options;
    const holdMs = random.chance(0.2) ? random.between(5, MAX_HOLD_MS) : 0;
    const rollBack = random.chance(0.06);
    let mark: CommitMark | undefined;
    let tx: Transaction | undefined;
    try {
      this.#client ??= await this.#connect();
      tx = new Transaction(this.#client, model, random, this.#texts, this.#noteIds);
      await this.#client.query('BEGIN');
      for (let i = 0; i < actions; i++) await random.weighted(actionsFor(database.context))(tx);
      await ollama.prepareFor([...tx.changes.blocks.values()]);
      await sleep(holdMs, signal);
      if (rollBack) {
        await this.#client.query('ROLLBACK');
        this.rolledBack += 1;
        return;
      }
      mark = new CommitMark();
      await mark.leave(this.#client);
      await this.#client.query('COMMIT');
      model.apply(tx.changes, name);
    } catch (error) {
      await this.#client?.end().catch(() => undefined);
      this.#client = undefined;
      this.lost += 1;
      const { code } = error as { code?: unknown };
      if (!isTransient(error) && !(typeof code === 'string' && MIGRATING.includes(code))) throw error;
      if (code === LOCK_NOT_AVAILABLE) this.#options.onLockedOut();
      // The reply to COMMIT may have been lost; the server knows the result.
      if (tx !== undefined && (await mark?.wasCommitted(database)) === true) model.apply(tx.changes, name);
      await sleep(100, signal);
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = await this.#options.database.connect(`crucible writer ${this.#options.name}`);
    await client.query(`SET lock_timeout = '${LOCK_TIMEOUT_SECONDS}s'`);
    return client;
  }
}
