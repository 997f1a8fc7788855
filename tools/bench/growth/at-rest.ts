import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { measureIdle, type IdleCost } from '../idle.js';
import type { Bench } from '../scenario.js';
import { longestStatement, type LongestStatement } from '../statements.js';
import { sweepsOf, sweepsUntil } from '../sweeps.js';
import type { BenchWorker } from '../worker.js';

/** What a worker costs that has nothing to do. */
export interface RestCost {
  readonly idle: IdleCost;
  /** From the start of a sweep to its end. */
  readonly sweepSeconds: number;
  /** Read from the table of blocks, its indexes and its TOAST table, from memory or from the disk. */
  readonly bytesPerMinute: number;
  readonly longest: LongestStatement;
}

/**
 * Measures from the end of a sweep to the end of the next.
 *
 * @param idleSeconds how long CPU and statements are measured, during which the bench asks the worker for nothing
 */
export async function measureAtRest(
  bench: Bench,
  db: TestDatabase,
  worker: BenchWorker,
  idleSeconds: number,
): Promise<RestCost> {
  const before = await sweepsUntil(worker, (await sweepsOf(worker)).count + 1);
  const bytesBefore = await bytesRead(db);
  const started = performance.now();
  const idle = await measureIdle(bench, db, [worker], () => sleep(idleSeconds * 1000));
  const after = await sweepsUntil(worker, before.count + 1);
  const minutes = (performance.now() - started) / 60_000;
  return {
    idle,
    sweepSeconds: (after.seconds - before.seconds) / (after.count - before.count),
    bytesPerMinute: ((await bytesRead(db)) - bytesBefore) / minutes,
    longest: await longestStatement(db),
  };
}

/** A session reports what it read up to ten seconds later: equally late at the end of each sweep. */
async function bytesRead(db: TestDatabase): Promise<number> {
  const [row] = await db.query<{ bytes: number }>(
    `SELECT (heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0)
             + coalesce(toast_blks_read + toast_blks_hit + tidx_blks_read + tidx_blks_hit, 0))::float8
            * current_setting('block_size')::int AS bytes
       FROM pg_statio_user_tables WHERE relid = 'blocks'::regclass`,
  );
  return row?.bytes ?? Number.NaN;
}
