import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable, Rollback, TransactionOptions } from '../../src/postgres/database.js';
import { Postgres } from '../../src/postgres/postgres.js';
import type { Hold } from './hold.js';

/** How long `quiet` waits for a database that was asked for something and may never answer. */
const PATIENCE_MS = 2_000;

/** The worker's database, which knows when it has answered all that it was asked. */
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
   * Resolves when what a test can see in the tables has been told by the worker's events, too: they follow the answer
   * to a COMMIT, which is on its way while others see the rows already.
   */
  async quiet(): Promise<void> {
    if (this.#asked > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PATIENCE_MS); // bounds the wait for the event
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

/** What the leader asks for every few seconds, in `maintenance.ts`: for jobs that are due, and for blocks to reset. */
const UPKEEP = /\bAS due\b|\bj\.state = 'retry'/;

/**
 * The worker's database, in which the leader's maintenance finds and changes nothing: only a wake then ends the pause of a worker
 * that has gone to sleep, and one that was missed costs the whole of it.
 */
export class WithoutMaintenance extends WatchedPostgres {
  override query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return UPKEEP.test(text) ? Promise.resolve<Row[]>([]) : super.query<Row>(text, values);
  }
}

/** How long is waited for an answer that is to be held back. */
const HELD_WITHIN_MS = 10_000;

/** The same, with answers that can be held back, as a database or a process that is busy does. */
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

  /** Holds back the answers to such statements from now on, outside of transactions and sessions. */
  hold(matches: (text: string, rows: readonly unknown[]) => boolean): Hold {
    const reached = Promise.withResolvers<true>();
    const released = Promise.withResolvers<undefined>();
    this.#hold = { matches, reach: () => reached.resolve(true), released: released.promise };
    return {
      reached: async () => {
        const isReached = await Promise.race([reached.promise, sleep(HELD_WITHIN_MS, false, { ref: false })]);
        if (!isReached) throw new Error(`there was no such statement within ${HELD_WITHIN_MS} ms`);
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
