import { setTimeout as sleep } from 'node:timers/promises';
import { launchStandIn, type LaunchedStandIn } from '../../stand-in/launch.js';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { get } from '../../../test/support/worker-http.js';
import { insertEmbedded } from '../embedded-table.js';
import { measureIdle, type IdleCost } from '../idle.js';
import { memoryFigure } from '../memory.js';
import { figure, type Bench, type Figure, type Scenario } from '../scenario.js';
import { forcedSweep, sweepsUntil } from '../sweeps.js';
import { environmentOf, forgetJobs, embedPending, type EmbeddingCost } from '../embed-pending.js';
import { BenchWorker } from '../worker.js';

interface Sizes {
  readonly blocks: readonly number[];
  /** How many blocks of each table are embedded again. */
  readonly again: number;
  readonly sweeps: number;
  readonly scrapes: number;
  readonly idleSeconds: number;
}

const FULL: Sizes = {
  blocks: [10_000, 100_000, 1_000_000],
  again: 10_000,
  sweeps: 5,
  scrapes: 10,
  // From the end of one sweep to the end of the next it takes 60.25 s, so this contains exactly one sweep.
  idleSeconds: 62,
};
const QUICK: Sizes = { blocks: [1_000, 5_000], again: 500, sweeps: 1, scrapes: 2, idleSeconds: 2 };
/** The queue's depth is cached for a second; this makes each scrape query it again. */
const SCRAPE_INTERVAL_MS = 1_100;
const SHARE_OF_SMALLEST = 0.9;

/** A larger table must cost nothing but disk space. */
export const growth: Scenario = {
  name: 'growth',
  what: 'throughput, sweep, scrape and idle cost, as the table grows',
  async measure(bench) {
    const sizes = bench.options.quick ? QUICK : FULL;
    const standIn = await launchStandIn({ logSize: 10 });
    const tables: Table[] = [];
    try {
      for (const blocks of sizes.blocks) {
        const db = await bench.server.createDatabase();
        tables.push({ blocks, name: `${blocks.toLocaleString('en')} blocks`, db, runs: [] });
        bench.print(`growth: inserting ${blocks.toLocaleString('en')} blocks`);
        await insertEmbedded(db, blocks, bench.options.seed);
      }
      // All sizes in turn within each run, so that a machine that slows down affects all of them.
      for (let run = 0; run < bench.options.runs; run++) {
        for (const table of tables) {
          const last = await embedAgain(bench, table, sizes.again, standIn, run);
          table.runs.push(last);
          bench.print(`growth ${table.name}: ${rate(last).toFixed(0)} blocks/s`);
        }
      }
      const figures: Figure[] = [];
      for (const table of tables) figures.push(...(await figuresOf(bench, table, tables[0], sizes, standIn)));
      return figures;
    } finally {
      await standIn.stop();
      for (const { db } of tables) await db.drop();
    }
  },
};

interface Table {
  readonly blocks: number;
  readonly name: string;
  readonly db: TestDatabase;
  readonly runs: EmbeddingCost[];
}

/** Sets blocks at the end of the table `pending` once the worker has finished its first sweep, and embeds them again. */
async function embedAgain(
  bench: Bench,
  { db, blocks }: Table,
  again: number,
  standIn: LaunchedStandIn,
  run: number,
): Promise<EmbeddingCost> {
  // Other blocks in each run, as far as the table has others.
  const first = Math.max(0, blocks - again * (run + 1)) + 1;
  const ids = Array.from({ length: again }, (_, i) => String(first + i));
  await db.query('VACUUM (ANALYZE) blocks');
  await db.query('CHECKPOINT');
  await forgetJobs(db);
  const afterSweep = () =>
    db.query(`UPDATE blocks SET embedding_status = 'pending' WHERE id = ANY ($1::bigint[])`, [ids]);
  const enqueue = { afterSweep, after: String(first - 1) };
  const done = await embedPending({ bench, db, standIn, ids, enqueue });
  if (done.blocks !== again) throw new Error(`${done.blocks} of ${again} blocks were embedded`);
  return done;
}

async function figuresOf(
  bench: Bench,
  { name, blocks, db, runs }: Table,
  smallest: Table | undefined,
  sizes: Sizes,
  standIn: LaunchedStandIn,
): Promise<Figure[]> {
  await db.query('VACUUM (ANALYZE) blocks');
  await db.query('CHECKPOINT');
  const costs = await costsAtRest(bench, db, sizes, standIn);
  const shares = runs.map((run, i) => rate(run) / rate(smallest?.runs[i]));
  return [
    figure(`${name}: throughput`, 'blocks/s', runs.map(rate)),
    ...(blocks === smallest?.blocks
      ? []
      : [
          figure(`${name}: throughput, as a share of that at ${smallest?.name ?? ''}`, '', shares, {
            atLeast: SHARE_OF_SMALLEST,
          }),
        ]),
    figure(`${name}: a sweep that finds nothing`, 's', costs.sweeps),
    figure(`${name}: a scrape of /metrics`, 'ms', costs.scrapesMs),
    figure(`${name}: idle, CPU of the worker`, 's per hour', [costs.idle.workerCpu * 3600]),
    figure(`${name}: idle, CPU of PostgreSQL`, 's per hour', [costs.idle.postgresCpu * 3600]),
    figure(`${name}: idle, statements`, 'per minute', [costs.idle.statements * 60]),
    memoryFigure(
      runs.map(({ peakRssBytes }) => peakRssBytes),
      `${name}: `,
    ),
  ];
}

interface Costs {
  readonly sweeps: readonly number[];
  readonly scrapesMs: readonly number[];
  readonly idle: IdleCost;
}

async function costsAtRest(bench: Bench, db: TestDatabase, sizes: Sizes, standIn: LaunchedStandIn): Promise<Costs> {
  const worker = await BenchWorker.start(bench.options.worker, environmentOf(db, standIn));
  try {
    await sweepsUntil(worker, 1); // the one at the worker's start
    const sweeps: number[] = [];
    while (sweeps.length < sizes.sweeps) sweeps.push(await forcedSweep(db, worker));
    const scrapesMs: number[] = [];
    while (scrapesMs.length < sizes.scrapes) scrapesMs.push(await scrape(worker));
    await forcedSweep(db, worker);
    return { sweeps, scrapesMs, idle: await measureIdle(bench, db, [worker], sizes.idleSeconds) };
  } finally {
    await worker.stop();
  }
}

async function scrape({ url }: BenchWorker): Promise<number> {
  await sleep(SCRAPE_INTERVAL_MS);
  const asked = performance.now();
  const { status, text } = await get(`${url}/metrics`);
  if (status !== 200 || !text.includes('embedding_queue_depth '))
    throw new Error('/metrics has no embedding_queue_depth');
  return performance.now() - asked;
}

function rate(run: EmbeddingCost | undefined): number {
  return run === undefined ? Number.NaN : run.blocks / run.seconds;
}
