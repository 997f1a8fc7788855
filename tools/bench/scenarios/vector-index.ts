import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { figure, type Bench, type Figure, type Scenario } from '../scenario.js';
import { usageOf } from '../usage.js';

interface Build {
  readonly rows: number;
  readonly type: 'vector' | 'halfvec';
  /** maintenance_work_mem, in megabytes. */
  readonly memoryMb: number;
}

/** 200,000 vectors need 700 MB; with a quarter of that, most of them are inserted one by one. */
const FULL: readonly Build[] = [
  { rows: 50_000, type: 'vector', memoryMb: 2_048 },
  { rows: 200_000, type: 'vector', memoryMb: 2_048 },
  { rows: 200_000, type: 'halfvec', memoryMb: 2_048 },
  { rows: 200_000, type: 'vector', memoryMb: 175 },
];
const QUICK: readonly Build[] = [
  { rows: 200, type: 'vector', memoryMb: 64 },
  { rows: 200, type: 'halfvec', memoryMb: 64 },
];
const DIMENSIONS = 768;
/** Vectors lie around this many centres, since those of texts are not spread evenly either. */
const CENTRES = 1_000;
const INSERT_ROWS = 10_000;
const MEGABYTE = 1024 * 1024;
const POLL_MS = 50;

/** Builds HNSW indexes, in one process: parallel workers only divide the time. */
export const vectorIndex: Scenario = {
  name: 'vector-index',
  what: 'time, memory and size of an HNSW index',
  async measure(bench) {
    const figures: Figure[] = [];
    for (const build of bench.options.quick ? QUICK : FULL) figures.push(...(await measureBuild(bench, build)));
    return figures;
  },
};

async function measureBuild(bench: Bench, build: Build): Promise<Figure[]> {
  const name = `${build.rows.toLocaleString('en')} × ${build.type}(${DIMENSIONS}), ${build.memoryMb} MB`;
  const db = await bench.server.createDatabase();
  try {
    bench.print(`vector-index: inserting ${name}`);
    await insertVectors(db, build, bench.options.seed);
    bench.print(`vector-index: building ${name}`);
    const { seconds, cpuSeconds, peakBytes } = await buildIndex(db, build);
    const [size] = await db.query<{ bytes: string }>(`SELECT pg_relation_size('by_meaning') AS bytes`);
    return [
      figure(`${name}: build`, 's', [seconds]),
      figure(`${name}: build, CPU`, 's', [cpuSeconds]),
      figure(`${name}: build, CPU for each vector`, 'ms', [(cpuSeconds * 1000) / build.rows]),
      figure(`${name}: memory of the build`, 'MB', [peakBytes / MEGABYTE]),
      figure(`${name}: size`, 'MB', [Number(size?.bytes) / MEGABYTE]),
    ];
  } finally {
    await db.drop();
  }
}

/** A table of nothing but vectors. */
async function insertVectors(db: TestDatabase, { rows, type }: Build, seed: number): Promise<void> {
  const randomVector = (outer: string) =>
    `(SELECT array_agg(random() - 0.5) FROM generate_series(1, ${DIMENSIONS}) WHERE ${outer} IS NOT NULL)::vector`;
  await db.query(`CREATE UNLOGGED TABLE centre (n int PRIMARY KEY, v vector(${DIMENSIONS}))`);
  await db.query(`CREATE UNLOGGED TABLE stored (v ${type}(${DIMENSIONS}))`);
  await db.query(`SELECT setseed($1)`, [1 / (1 + seed)]);
  await db.query(`INSERT INTO centre SELECT n, ${randomVector('n')} FROM generate_series(0, ${CENTRES - 1}) AS n`);
  for (let done = 0; done < rows; done += INSERT_ROWS) {
    await db.query(
      `INSERT INTO stored SELECT (c.v + ${randomVector('i')})::${type}
         FROM generate_series($1::int, $2::int) AS i JOIN centre c ON c.n = i % ${CENTRES}`,
      [done, Math.min(done + INSERT_ROWS, rows) - 1],
    );
  }
}

interface BuildCost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Private memory of the process at its peak, without what it had before. */
  readonly peakBytes: number;
}

async function buildIndex(db: TestDatabase, { type, memoryMb }: Build): Promise<BuildCost> {
  const client = await db.connect('bench');
  try {
    await client.query(`SET maintenance_work_mem = '${memoryMb}MB'`);
    await client.query('SET max_parallel_maintenance_workers = 0');
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pid = rows[0]?.pid ?? 0;
    const before = await usageOf(pid);
    const started = performance.now();
    const building = client.query(`CREATE INDEX by_meaning ON stored USING hnsw (v ${type}_cosine_ops)`);
    const [peakBytes] = await Promise.all([privatePeak(pid, building), building]);
    const seconds = (performance.now() - started) / 1000;
    const after = await usageOf(pid);
    return { seconds, cpuSeconds: after.cpuSeconds - before.cpuSeconds, peakBytes: peakBytes - before.privateBytes };
  } finally {
    await client.end();
  }
}

/** The most private memory of a process until this promise is settled. */
async function privatePeak(pid: number, until: Promise<unknown>): Promise<number> {
  const ended = until.then(
    () => true,
    () => true,
  );
  let peak = 0;
  do peak = Math.max(peak, (await usageOf(pid)).privateBytes);
  while (!(await Promise.race([ended, sleep(POLL_MS, false)])));
  return peak;
}
