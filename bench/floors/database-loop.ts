import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { encodeVectorArray } from '../../src/database/vector-codec.js';
import { deterministicVector } from '../../stand-in/deterministic-brain.js';
import type { TestDatabase } from '../../test/support/test-database.js';

/**
 * The floor of the ceiling: fetch, claim, complete and store, by so many loops of so many jobs, with no text, no HTTP,
 * no fence and no look at what has changed meanwhile. The jobs are there.
 *
 * @returns seconds, and how many blocks were stored
 */
export async function databaseLoop(
  db: TestDatabase,
  loops: number,
  batchSize: number,
): Promise<{ readonly seconds: number; readonly blocks: number }> {
  const pool = new pg.Pool({ connectionString: db.url, max: loops + 2 });
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    supervise: false,
    schedule: false,
    migrate: false,
  });
  await boss.start();
  const { rows } = await pool.query<{ oid: number }>(`SELECT 'vector'::regtype::oid AS oid`);
  const oid = Number(rows[0]?.oid);
  const vector = deterministicVector('', 768);
  let blocks = 0;
  const loop = async () => {
    for (;;) {
      const jobs = await boss.fetch<{ blockId: string }>('embed-block', { batchSize });
      if (jobs.length === 0) return;
      const ids = jobs.map(({ data }) => data.blockId);
      await pool.query(
        `UPDATE blocks SET embedding_status = 'processing' WHERE id = ANY ($1::bigint[]) RETURNING id, block_type, content::text`,
        [ids],
      );
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const executeSql = (text: string, values?: unknown[]) => client.query(text, values);
        await boss.complete(
          'embed-block',
          jobs.map(({ id }) => id),
          undefined,
          { db: { executeSql } },
        );
        await client.query(
          `UPDATE blocks b SET embedding = v.embedding, embedding_status = 'completed'
             FROM unnest($1::bigint[], $2::vector[]) AS v (id, embedding) WHERE b.id = v.id`,
          [
            ids,
            encodeVectorArray(
              ids.map(() => vector),
              oid,
            ),
          ],
        );
        await client.query('COMMIT');
      } finally {
        client.release();
      }
      blocks += ids.length;
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: loops }, loop));
  const seconds = (performance.now() - started) / 1000;
  await boss.stop({ close: false });
  await pool.end();
  return { seconds, blocks };
}
