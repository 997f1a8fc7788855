import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable, Rollback, TransactionOptions } from '../../src/postgres/database.js';
import { Postgres } from '../../src/postgres/postgres.js';
import type { Hold } from './hold.js';

/** How long `quiet` waits for a database that may never answer. */
const QUIET_TIMEOUT_MS = 2_000;

/** The worker's database, which knows when no query is pending. */
export class WatchedPostgres extends Postgres {
  readonly #waiting = new Set<() => void>();
  #asked = 0;

  override query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.#watch(super.query<Row>(text, values));
  }

  override executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.#watch(super.executeSql(text, values));
  }

  override transaction<T>(work: (tx: Queryable) => Promise<T | Rollback<T>>, options?: TransactionOptions): Promise<T> {
    return this.#watch(super.transaction(work, options));
  }

  /**
   * Resolves when the worker's events include everything that a test can see in the tables. Events follow the reply to a
   * COMMIT, and other sessions see the rows before that reply arrives.
   */
  async quiet(): Promise<void> {
    if (this.#asked > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, QUIET_TIMEOUT_MS); // bounds the wait for the event
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #watch<T>(answer: Promise<T>): Promise<T> {
    this.#asked += 1;
    try {
      return await answer;
    } finally {
      this.#asked -= 1;
      if (this.#asked === 0) {
        for (const resolve of this.#waiting) resolve();
        this.#waiting.clear();
      }
    }
  }
}

/** The leader's queries of every few seconds, in `maintenance.ts`: for ready jobs, and for blocks to reset. */
const MAINTENANCE = /\bAS "nextReady"|\bj\.state = 'retry'/;

/**
 * The worker's database, in which the leader's maintenance finds and changes nothing. Then only a wake-up ends the sleep of an idle
 * worker, and a missed one delays it by the whole poll interval.
 */
export class WithoutMaintenance extends WatchedPostgres {
  override query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return MAINTENANCE.test(text) ? Promise.resolve<Row[]>([]) : super.query<Row>(text, values);
  }
}

/** How long `reached` waits for a matching statement. */
const REACHED_TIMEOUT_MS = 10_000;

/** The same, with answers that a test can delay, as a busy database or process does. */
export class HoldingPostgres extends WithoutMaintenance {
  #hold:
    | { matches: (text: string, rows: readonly unknown[]) => boolean; reach: () => void; released: Promise<unknown> }
    | undefined;

  override async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    const rows = await super.query<Row>(text, values);
    await this.#pass(text, rows);
    return rows;
  }

  override async executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    const answer = await super.executeSql(text, values);
    await this.#pass(text, answer.rows);
    return answer;
  }

  /** Delays the answers to matching statements from now on, except in transactions and sessions. */
  hold(matches: (text: string, rows: readonly unknown[]) => boolean): Hold {
    const reached = Promise.withResolvers<true>();
    const released = Promise.withResolvers<undefined>();
    this.#hold = { matches, reach: () => reached.resolve(true), released: released.promise };
    return {
      reached: async () => {
        const isReached = await Promise.race([reached.promise, sleep(REACHED_TIMEOUT_MS, false, { ref: false })]);
        if (!isReached) throw new Error(`there was no matching statement within ${REACHED_TIMEOUT_MS} ms`);
      },
      release: () => {
        this.#hold = undefined;
        released.resolve(undefined);
      },
    };
  }

  async #pass(text: string, rows: readonly unknown[]): Promise<void> {
    if (this.#hold?.matches(text, rows) !== true) return;
    this.#hold.reach();
    await this.#hold.released;
  }
}
