import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { allOf } from '../../src/all-of.js';
import { encodeVectorArray } from '../../src/database/vector-codec.js';
import type { TestDatabase } from '../../test/support/test-database.js';

export interface DatabaseLoopOptions {
  readonly db: TestDatabase;
  readonly loops: number;
  readonly batchSize: number;
  /** number[contents][768] of the contents of a batch. */
  readonly embed: (contents: readonly string[]) => Promise<readonly Float32Array[]>;
}

/**
 * The floors of the ceiling: fetch, claim, complete and store, by so many loops of so many jobs, with no fence, no look
 * at what has changed meanwhile, and no text but what `embed` is given. The jobs are there.
 *
 * @returns seconds, and how many blocks were stored
 */
export async function databaseLoop({
  db,
  loops,
  batchSize,
  embed,
}: DatabaseLoopOptions): Promise<{ readonly seconds: number; readonly blocks: number }> {
  const pool = new pg.Pool({ connectionString: db.url, max: loops + 2 });
  pool.on('error', () => undefined); // of idle connections, when the database is dropped after a failure
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    supervise: false,
    schedule: false,
    migrate: false,
  });
  try {
    await boss.start();
    const { rows } = await pool.query<{ oid: number }>(`SELECT 'vector'::regtype::oid AS oid`);
    const oid = Number(rows[0]?.oid);
    let blocks = 0;
    const loop = async () => {
      for (;;) {
        const jobs = await boss.fetch<{ blockId: string }>('embed-block', { batchSize });
        if (jobs.length === 0) return;
        const { rows } = await pool.query<{ id: string; content: string }>(
          `UPDATE blocks SET embedding_status = 'processing' WHERE id = ANY ($1::bigint[]) RETURNING id, block_type, content::text`,
          [jobs.map(({ data }) => data.blockId)],
        );
        const ids = rows.map(({ id }) => id);
        const vectors = await embed(rows.map(({ content }) => content));
        await store(pool, boss, jobs, ids, encodeVectorArray(vectors, oid));
        blocks += ids.length;
      }
    };
    const started = performance.now();
    await allOf(Array.from({ length: loops }, loop));
    const seconds = (performance.now() - started) / 1000;
    return { seconds, blocks };
  } finally {
    await boss.stop({ close: false });
    await pool.end();
  }
}

async function store(
  pool: pg.Pool,
  boss: PgBoss,
  jobs: readonly { readonly id: string }[],
  ids: readonly string[],
  vectors: Buffer,
): Promise<void> {
  const client = await pool.connect();
  let failed = true;
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
      [ids, vectors],
    );
    await client.query('COMMIT');
    failed = false;
  } finally {
    client.release(failed); // with its transaction, where that was left open
  }
}
