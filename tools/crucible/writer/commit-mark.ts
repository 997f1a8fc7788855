import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { CrucibleDatabase } from '../site/database.js';

/**
 * A row that a transaction leaves if it is committed, to be asked for where the answer to COMMIT was lost. The number that
 * PostgreSQL gave the transaction does not serve: a crash may lose it, and give the number to another.
 */
export class CommitMark {
  readonly #id = randomUUID();

  /** Within the transaction, as its last statement. */
  async leave(client: pg.Client): Promise<void> {
    await client.query('INSERT INTO crucible.commits (id, committed) VALUES ($1, true)', [this.#id]);
  }

  /**
   * Whether the transaction was committed; waits until it has ended. Whoever asks puts a row of their own where there is
   * none, so that the answer stays what it was, asked however often.
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
