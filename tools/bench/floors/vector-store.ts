import pg from 'pg';
import { encodeVectorArray } from '../../../src/postgres/vector-codec.js';
import type { TestDatabase } from '../../../test/support/test-database.js';

/** Connections, and a function that stores vectors over one of them. */
export interface VectorStore {
  readonly pool: pg.Pool;
  /** @param vectors number[ids][dimensions] */
  readonly store: (
    on: pg.Pool | pg.PoolClient,
    ids: readonly string[],
    vectors: readonly Float32Array[],
  ) => Promise<void>;
}

/** Opens this many connections for `work` and closes them afterwards. */
export async function withVectorStore<T>(
  db: TestDatabase,
  connections: number,
  work: (vectorStore: VectorStore) => Promise<T>,
): Promise<T> {
  const pool = new pg.Pool({ connectionString: db.url, max: connections });
  pool.on('error', () => undefined); // idle connections fail if the database is dropped after an error
  try {
    const { rows } = await pool.query<{ oid: number }>(`SELECT 'vector'::regtype::oid AS oid`);
    const oid = Number(rows[0]?.oid);
    return await work({
      pool,
      store: async (on, ids, vectors) => {
        await on.query(
          `UPDATE blocks b SET embedding = v.embedding, embedding_status = 'completed'
             FROM unnest($1::bigint[], $2::vector[]) AS v (id, embedding) WHERE b.id = v.id`,
          [ids, encodeVectorArray(vectors, { kind: 'vector', oid })],
        );
      },
    });
  } finally {
    await pool.end();
  }
}
