import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { randomWords } from '../stand-in/random.js';
import type { TestDatabase } from '../../test/support/test-database.js';

/** More than there are edits at the same moment. */
const CONNECTIONS = 8;

export interface Edit {
  readonly id: string;
  /** Id of the transaction that made the edit. */
  readonly xid: string;
}

/**
 * Edits each block once, at random moments with exponential gaps, because edits come in clusters. It does not wait for the
 * previous edit to be answered.
 *
 * @param perSecond on average
 */
export async function editAll(
  db: TestDatabase,
  ids: readonly string[],
  perSecond: number,
  seed: number,
): Promise<Edit[]> {
  const pool = new pg.Pool({ connectionString: db.url, application_name: 'bench editor', max: CONNECTIONS });
  try {
    const random = randomWords(`edits ${seed}`);
    const started = performance.now();
    let due = 0;
    const edits: Promise<Edit>[] = [];
    for (const id of ids) {
      due += (-Math.log(1 - random() / 2 ** 32) / perSecond) * 1000;
      const wait = due - (performance.now() - started);
      if (wait > 0) await sleep(wait);
      edits.push(edit(pool, id));
    }
    return await Promise.all(edits);
  } finally {
    await pool.end();
  }
}

async function edit(pool: pg.Pool, id: string): Promise<Edit> {
  const { rows } = await pool.query<{ xid: string }>(
    `UPDATE blocks SET content = to_jsonb('Edited. ' || (content #>> '{}')) WHERE id = $1
     RETURNING pg_current_xact_id()::xid::text AS xid`,
    [id],
  );
  return { id, xid: rows[0]?.xid ?? '' };
}

/**
 * Reads from the server's commit timestamps how long each edit took. The `xmin` of a completed row is the transaction that
 * stored its vector, because nothing writes the row afterwards.
 *
 * @returns milliseconds from the commit of each edit to the commit of its vector
 * @throws Error if one of the blocks is not completed
 */
export async function readLatencies(db: TestDatabase, edits: readonly Edit[]): Promise<number[]> {
  const rows = await db.query<{ ms: number }>(
    `SELECT extract(epoch FROM pg_xact_commit_timestamp(b.xmin) - pg_xact_commit_timestamp(e.xid::xid))::float8 * 1000 AS ms
       FROM unnest($1::bigint[], $2::text[]) AS e (id, xid)
       JOIN blocks b ON b.id = e.id AND b.embedding_status = 'completed' AND b.xmin <> e.xid::xid`,
    [edits.map(({ id }) => id), edits.map(({ xid }) => xid)],
  );
  if (rows.length !== edits.length) throw new Error(`${rows.length} of ${edits.length} edited blocks are completed`);
  return rows.map(({ ms }) => ms);
}

/**
 * The same with several Deployments on the table, whose writes replace each other's `xmin`: the `xmin` of the job that stored
 * the vector is that transaction, too.
 *
 * @returns milliseconds from the commit of each edit to the commit of the queue's vector
 * @throws Error if the queue has not stored the vector of one of the edits
 */
export async function readJobLatencies(
  db: TestDatabase,
  schema: string,
  queue: string,
  edits: readonly Edit[],
): Promise<number[]> {
  const rows = await db.query<{ ms: number }>(
    `SELECT max(extract(epoch FROM pg_xact_commit_timestamp(j.xmin) - pg_xact_commit_timestamp(e.xid::xid)))::float8 * 1000 AS ms
       FROM unnest($1::text[], $2::text[]) AS e (id, xid)
       JOIN ${schema}.job j ON j.name = $3 AND j.singleton_key = e.id AND j.output->>'outcome' = 'stored'
      GROUP BY e.id`,
    [edits.map(({ id }) => id), edits.map(({ xid }) => xid), queue],
  );
  if (rows.length !== edits.length) throw new Error(`${queue} stored ${rows.length} of ${edits.length} edited blocks`);
  return rows.map(({ ms }) => ms);
}

/** Waits until the vectors of all these blocks are stored. @throws Error if that takes too long */
export async function untilStored(db: TestDatabase, edits: readonly Edit[], timeoutMs: number): Promise<void> {
  const ids = edits.map(({ id }) => id);
  await db.untilRow<{ n: number }>(
    `SELECT count(*)::int AS n FROM blocks WHERE id = ANY ($1::bigint[]) AND embedding_status <> 'completed'`,
    [ids],
    ({ n }) => n === 0,
    timeoutMs,
  );
}
