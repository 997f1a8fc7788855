import pg from 'pg';
import { allOf } from '../../src/all-of.js';
import { encodeVectorArray } from '../../src/database/vector-codec.js';
import { deterministicVector } from '../../stand-in/deterministic-brain.js';
import type { TestDatabase } from '../../test/support/test-database.js';

/**
 * The floor of the write path: vectors stored by so many connections, so many a statement, and nothing else.
 *
 * @returns vectors a second
 */
export async function updateLoop(
  db: TestDatabase,
  ids: readonly string[],
  connections: number,
  batchSize: number,
): Promise<number> {
  const pool = new pg.Pool({ connectionString: db.url, max: connections });
  pool.on('error', () => undefined); // of idle connections, when the database is dropped after a failure
  try {
    const { rows } = await pool.query<{ oid: number }>(`SELECT 'vector'::regtype::oid AS oid`);
    const oid = Number(rows[0]?.oid);
    let next = 0;
    const loop = async () => {
      for (let from = next; from < ids.length; from = next) {
        next = from + batchSize;
        const batch = ids.slice(from, from + batchSize);
        const vectors = batch.map((id) => deterministicVector(`floor ${id}`, 768));
        await pool.query(
          `UPDATE blocks b SET embedding = v.embedding, embedding_status = 'completed'
           FROM unnest($1::bigint[], $2::vector[]) AS v (id, embedding) WHERE b.id = v.id`,
          [batch, encodeVectorArray(vectors, oid)],
        );
      }
    };
    const started = performance.now();
    await allOf(Array.from({ length: connections }, loop));
    const seconds = (performance.now() - started) / 1000;
    return ids.length / seconds;
  } finally {
    await pool.end();
  }
}
