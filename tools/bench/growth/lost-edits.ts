import { PACE, paceFor } from '../../../src/leader/pace.js';
import type { TestDatabase } from '../../../test/support/test-database.js';
import type { LaunchedStandIn } from '../../stand-in/launch.js';
import { environmentOf, forgetJobs } from '../embed-pending.js';
import { figure, type Bench, type Figure } from '../scenario.js';
import { sweepsUntil } from '../sweeps.js';
import { BenchWorker } from '../worker.js';
import { measureAtRest } from './at-rest.js';
import { environmentFor, type Sizes } from './sizes.js';
import { createStatusIndex } from './status-index.js';
import { settle, tableBytes, type GrowthTable } from './table.js';
import { findUnannounced, type FoundAfter } from './unannounced.js';

/** Between a sweep's end and the next one's start at the earliest, and what a sweep through the index takes. */
const ALLOWANCE_SECONDS = 1;
/** When the blocks are changed, as a share of the interval after a sweep's end: 5 s. */
const CHANGED_AFTER = 1 / 12;
/** Gives up after this many times the limit. */
const PATIENCE = 5;

/** How soon blocks are found that nobody announced, without the status index and with it, which it creates. */
export async function measureLostEdits(
  bench: Bench,
  table: GrowthTable,
  standIn: LaunchedStandIn,
  sizes: Sizes,
): Promise<Figure[]> {
  const { name, db } = table;
  const { pollSeconds } = sizes;
  const passSeconds = Math.max(pollSeconds, (await tableBytes(db)) / (await bytesPerSecond(db)));
  const limit = 2 * passSeconds + ALLOWANCE_SECONDS;
  const without = await measure(bench, table, standIn, sizes, limit, async (worker) => {
    await sweepsUntil(worker, 2); // what it costs at rest is measured on tables of any size
  });
  const built = await createStatusIndex(db);
  const limitWithIndex = pollSeconds + ALLOWANCE_SECONDS;
  const withIndex = await measure(bench, table, standIn, sizes, limitWithIndex, (worker) =>
    measureAtRest(bench, db, worker, sizes.idleSeconds),
  );
  return [
    ...foundFigures(`${name}: found without an announcement`, without.found, limit),
    ...foundFigures(`${name}: found with the status index`, withIndex.found, limitWithIndex),
    figure(`${name}: creating the status index`, 's', [built]),
    figure(`${name}: with the status index, the first sweep of a worker`, 's', [withIndex.firstSweepSeconds]),
    figure(`${name}: with the status index, a sweep at rest`, 's', [withIndex.rest.sweepSeconds]),
    figure(`${name}: with the status index, read from the table at rest`, 'MB per minute', [
      withIndex.rest.bytesPerMinute / 1e6,
    ]),
    figure(`${name}: with the status index, longest statement at rest`, 'ms', [withIndex.rest.longest.ms]),
  ];
}

/** The most that a worker reads on this server. */
async function bytesPerSecond(db: TestDatabase): Promise<number> {
  const size = `SELECT pg_size_bytes(current_setting('shared_buffers'))::float8 AS bytes`;
  const [buffers] = await db.query<{ bytes: number }>(size);
  return paceFor(PACE, buffers?.bytes ?? 0).bytesPerSecond;
}

/** Where the blocks were. */
const PLACES = ['start', 'middle', 'end'] as const;

interface Measured<Rest> {
  readonly found: FoundAfter;
  readonly firstSweepSeconds: number;
  readonly rest: Rest;
}

/** @param untilSweepEnds waits for the end of a sweep at rest */
async function measure<Rest>(
  bench: Bench,
  table: GrowthTable,
  standIn: LaunchedStandIn,
  sizes: Sizes,
  limit: number,
  untilSweepEnds: (worker: BenchWorker) => Promise<Rest>,
): Promise<Measured<Rest>> {
  const { db, name } = table;
  await settle(db);
  await forgetJobs(db);
  const env = environmentOf(db, standIn, environmentFor(sizes));
  const worker = await BenchWorker.start(bench.options.worker, env);
  try {
    const { seconds: firstSweepSeconds } = await sweepsUntil(worker, 1);
    const rest = await untilSweepEnds(worker);
    const found = await findUnannounced(table, worker, {
      afterSeconds: CHANGED_AFTER * sizes.pollSeconds,
      withinSeconds: PATIENCE * limit,
    });
    const shown = PLACES.map((place) => `${place} ${found[place].toFixed(1)} s`);
    bench.print(`growth ${name}: found unannounced blocks after: ${shown.join(', ')}; limit ${limit.toFixed(0)} s`);
    return { found, firstSweepSeconds, rest };
  } finally {
    await worker.stop();
  }
}

function foundFigures(what: string, found: FoundAfter, limit: number): Figure[] {
  return PLACES.map((place) => figure(`${what}, at the ${place} of the table`, 's', [found[place]], { atMost: limit }));
}
