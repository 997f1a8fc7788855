import type pg from 'pg';
import { PgBoss } from 'pg-boss';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { withVectorStore } from './vector-store.js';

export interface DatabaseLoopOptions {
  readonly db: TestDatabase;
  readonly loops: number;
  readonly batchSize: number;
  /** Vectors for the contents of a batch: `Float32Array[contents.length][768]`. */
  readonly embed: (contents: readonly string[]) => Promise<readonly Float32Array[]>;
}

/**
 * The floor of the ceiling scenario: fetch, claim, complete and store in concurrent loops, with no fence, no check for
 * changes, and no preparation of texts. The jobs must be in the queue.
 *
 * @returns how long it took, and how many blocks were stored
 */
export async function databaseLoop({
  db,
  loops,
  batchSize,
  embed,
}: DatabaseLoopOptions): Promise<{ readonly seconds: number; readonly blocks: number }> {
  return await withVectorStore(db, loops + 2, async ({ pool, store }) => {
    const boss = new PgBoss({
      db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
      supervise: false,
      schedule: false,
      migrate: false,
    });
    try {
      await boss.start();
      let blocks = 0;
      const loop = async () => {
        for (;;) {
          const jobs = await boss.fetch<{ blockId: string }>('embed-block', { batchSize });
          if (jobs.length === 0) return;
          const { rows } = await pool.query<{ id: string; content: string }>(
            `UPDATE blocks SET embedding_status = 'processing' WHERE id = ANY ($1::bigint[]) RETURNING id, block_type, content::text`,
            [jobs.map(({ data }) => data.blockId)],
          );
          const vectors = await embed(rows.map(({ content }) => content));
          await inTransaction(pool, async (client) => {
            const executeSql = (text: string, values?: unknown[]) => client.query(text, values);
            await boss.complete(
              'embed-block',
              jobs.map(({ id }) => id),
              undefined,
              { db: { executeSql } },
            );
            await store(
              client,
              rows.map(({ id }) => id),
              vectors,
            );
          });
          blocks += rows.length;
        }
      };
      const started = performance.now();
      await Promise.all(Array.from({ length: loops }, loop));
      return { seconds: (performance.now() - started) / 1000, blocks };
    } finally {
      await boss.stop({ close: false });
    }
  });
}

async function inTransaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let failed = true;
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
    failed = false;
  } finally {
    client.release(failed); // closes the connection, and with it an open transaction
  }
}
