import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { SCHEMA } from '../embed-pending.js';
import { BENCH_MARK } from '../statements.js';
import type { BenchWorker } from '../worker.js';
import type { GrowthTable } from './table.js';

const POLL_MS = 100;

/** Seconds until a block that nobody announced has a job, by its place in the table. */
export interface FoundAfter {
  readonly start: number;
  readonly middle: number;
  readonly end: number;
}

/**
 * Sets three blocks `pending` that nobody announces, and waits until the worker has found them. Call it at the end of a
 * sweep.
 *
 * @param afterSeconds how long to wait first: then a pass over a large table has left its beginning behind, and the first of
 * the blocks is found by the next one
 * @param withinSeconds gives up after this time
 * @throws Error naming a block that was not found
 */
export async function findUnannounced(
  { db, blocks }: GrowthTable,
  worker: BenchWorker,
  { afterSeconds, withinSeconds }: { readonly afterSeconds: number; readonly withinSeconds: number },
): Promise<FoundAfter> {
  const places = { start: 1, middle: Math.ceil(blocks / 2), end: blocks };
  await sleep(afterSeconds * 1000);
  const since = await setPending(db, Object.values(places));
  const deadline = performance.now() + withinSeconds * 1000;
  for (;;) {
    const found = await foundAfter(db, Object.values(places), since);
    const [start, middle, end] = [places.start, places.middle, places.end].map((id) => found.get(String(id)));
    if (start !== undefined && middle !== undefined && end !== undefined) return { start, middle, end };
    worker.requireAlive();
    if (performance.now() > deadline)
      throw new Error(`only blocks ${[...found.keys()].join(', ')} were found within ${withinSeconds} s`);
    await sleep(POLL_MS);
  }
}

/** @returns the server's time of the change */
async function setPending(db: TestDatabase, ids: readonly number[]): Promise<string> {
  const client = await db.connect('bench editor');
  try {
    await client.query('SET session_replication_role = replica');
    const { rows } = await client.query<{ at: string }>(
      `UPDATE ${BENCH_MARK} blocks SET embedding_status = 'pending' WHERE id = ANY ($1::bigint[]) RETURNING now()::text AS at`,
      [ids],
    );
    return rows[0]?.at ?? '';
  } finally {
    await client.end();
  }
}

/** Seconds until each block was enqueued, by its id. */
async function foundAfter(db: TestDatabase, ids: readonly number[], since: string): Promise<Map<string, number>> {
  const rows = await db.query<{ id: string; seconds: number }>(
    `SELECT ${BENCH_MARK} singleton_key AS id, extract(epoch FROM min(created_on) - $2)::float8 AS seconds
       FROM ${SCHEMA}.job WHERE name = 'embed-block' AND singleton_key = ANY ($1) AND created_on >= $2 GROUP BY 1`,
    [ids.map(String), since],
  );
  return new Map(rows.map(({ id, seconds }) => [id, seconds]));
}
