import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { CrucibleDatabase } from '../testbed/database.js';

/**
 * A row that exists only if its transaction was committed. It answers whether a COMMIT succeeded when its reply was lost.
 * PostgreSQL's transaction id cannot answer that: a crash may lose it and assign the same id to another transaction.
 */
export class CommitMark {
  readonly #id = randomUUID();

  /** Inserts the row, as the last statement of the transaction. */
  async leave(client: pg.Client): Promise<void> {
    await client.query('INSERT INTO crucible.commits (id, committed) VALUES ($1, true)', [this.#id]);
  }

  /**
   * Whether the transaction was committed. Waits until it has ended. If there is no row, this inserts one with `false`, so
   * the answer never changes.
   */
  async wasCommitted(database: CrucibleDatabase): Promise<boolean> {
    const [row] = await database.persist<{ committed: boolean }>(
      `INSERT INTO crucible.commits (id, committed) VALUES ($1, false)
      ON CONFLICT (id) DO UPDATE SET committed = commits.committed RETURNING committed`,
      [this.#id],
    );
    return row?.committed === true;
  }
}
