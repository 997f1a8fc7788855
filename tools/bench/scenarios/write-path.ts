import { launchStandIn, type LaunchedStandIn } from '../../stand-in/launch.js';
import { HARNESS_NAME } from '../../../test/support/harness-client.js';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { insertEmbedded } from '../embedded-table.js';
import { updateLoop } from '../floors/update-loop.js';
import { memoryFigure } from '../memory.js';
import { figure, type Bench, type Figure, type Scenario } from '../scenario.js';
import { forgetJobs, embedPending } from '../embed-pending.js';

interface Case {
  readonly name: string;
  /** 75 is what we recommend, 100 is PostgreSQL's default. */
  readonly fillfactor: number;
  /** Whether the rows are scattered, as for edits, or adjacent, as for a backfill. */
  readonly scattered: boolean;
  /** Minimum share of HOT updates among those of the status alone. */
  readonly minHot?: number;
}

/** A page holds about ten rows. Three rows rewritten at the same time find space on their page only if each is on another page. */
const CASES: readonly Case[] = [
  { name: 'fillfactor 75, scattered', fillfactor: 75, scattered: true, minHot: 0.95 },
  { name: 'fillfactor 75, adjacent', fillfactor: 75, scattered: false },
  { name: 'fillfactor 100, scattered', fillfactor: 100, scattered: true },
];
/** Parts of the table. Each run of the worker and of a floor uses a part that no other run used. */
const MIN_PARTS = 10;
const PARTS_PER_RUN = 3;
const ROWS_PER_PART = 2_000;
const QUICK_ROWS_PER_PART = 100;
/** As many connections as the worker's concurrency, and as many vectors per statement as its batch size. */
const CONNECTIONS = 10;
const BATCH_SIZE = 10;

/** Measures writes to a column with an HNSW index, which dominates their cost. */
export const writePath: Scenario = {
  name: 'write-path',
  what: 'storing vectors with an HNSW index, compared with a loop of plain UPDATEs',
  async measure(bench) {
    const figures: Figure[] = [];
    for (const one of CASES) figures.push(...(await measureCase(bench, one)));
    return figures;
  },
};

interface Run {
  /** Vectors per second. */
  readonly rate: number;
  readonly floor: number;
  /** On one connection, because one core makes an index entry. */
  readonly serialFloor: number;
  /** Updates of the status alone, without those that store a vector. */
  readonly statusUpdates: number;
  /** An update that stores a vector cannot be HOT, because it changes an indexed column. */
  readonly hotUpdates: number;
  readonly peakRssBytes: number;
}

/** The ids of the rows of a part of the table. */
type PartOf = (part: number) => string[];

async function measureCase(bench: Bench, { name, fillfactor, scattered, minHot }: Case): Promise<Figure[]> {
  const { quick, runs: count, seed } = bench.options;
  const size = quick ? QUICK_ROWS_PER_PART : ROWS_PER_PART;
  const parts = Math.max(MIN_PARTS, PARTS_PER_RUN * count);
  const rows = parts * size;
  const partOf: PartOf = (part) =>
    Array.from({ length: size }, (_, i) => String(1 + (scattered ? i * parts + part : part * size + i)));
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn({ logSize: 10 });
  const runs: Run[] = [];
  try {
    // Vacuuming an HNSW index takes longer than a run, so it would affect one run and not another.
    await db.query(`ALTER TABLE blocks SET (fillfactor = ${fillfactor}, autovacuum_enabled = off)`);
    await insertEmbedded(db, rows, seed);
    bench.print(`write-path: building the index on ${rows} rows`);
    await createIndex(db);
    for (let run = 0; run < count; run++) {
      const last = await measureOnce(bench, db, standIn, (part) => partOf(PARTS_PER_RUN * run + part));
      runs.push(last);
      bench.print(
        `write-path ${name}: ${last.rate.toFixed(0)}/s, plain UPDATEs ${last.floor.toFixed(0)}/s, on one connection ${last.serialFloor.toFixed(0)}/s`,
      );
    }
  } finally {
    await standIn.stop();
    await db.drop();
  }
  const all = (value: (run: Run) => number) => runs.map(value);
  return [
    figure(
      `${name}: throughput`,
      'vectors/s',
      all((run) => run.rate),
    ),
    figure(
      `${name}: floor, plain UPDATEs`,
      'vectors/s',
      all((run) => run.floor),
    ),
    figure(
      `${name}: floor, plain UPDATEs on one connection`,
      'vectors/s',
      all((run) => run.serialFloor),
    ),
    figure(
      `${name}: share of the floor`,
      '',
      all((run) => run.rate / run.floor),
    ),
    figure(
      `${name}: HOT share of the updates of the status alone`,
      '',
      all((run) => run.hotUpdates / run.statusUpdates),
      minHot === undefined ? undefined : { atLeast: minHot },
    ),
    memoryFigure(
      all((run) => run.peakRssBytes),
      `${name}: `,
    ),
  ];
}

async function createIndex(db: TestDatabase): Promise<void> {
  await onOneConnection(db, [
    `SET maintenance_work_mem = '512MB'`,
    'CREATE INDEX blocks_embedding ON blocks USING hnsw (embedding vector_cosine_ops)',
  ]);
}

/** Closes the connection afterwards: only then are its updates counted. */
async function onOneConnection(db: TestDatabase, statements: readonly string[]): Promise<void> {
  const client = await db.connect('bench');
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function measureOnce(bench: Bench, db: TestDatabase, standIn: LaunchedStandIn, partOf: PartOf): Promise<Run> {
  const floor = await updateLoop(db, partOf(0), CONNECTIONS, BATCH_SIZE);
  const serialFloor = await updateLoop(db, partOf(1), 1, BATCH_SIZE);
  const ids = partOf(2);
  await forgetJobs(db);
  await onOneConnection(db, [
    `UPDATE blocks SET embedding_status = 'pending' WHERE id = ANY ('{${ids.join(',')}}'::bigint[])`,
  ]);
  const before = await updatesOf(db);
  const done = await embedPending({ bench, db, standIn, ids });
  if (done.blocks !== ids.length) throw new Error(`${done.blocks} of ${ids.length} vectors were stored`);
  const after = await updatesOf(db);
  return {
    rate: done.blocks / done.seconds,
    floor,
    serialFloor,
    statusUpdates: after.updates - before.updates - ids.length,
    hotUpdates: after.hot - before.hot,
    peakRssBytes: done.peakRssBytes,
  };
}

/** Sessions report their counts when they end. Waits until all have ended but the harness's own, which updates nothing. */
async function updatesOf(db: TestDatabase): Promise<{ updates: number; hot: number }> {
  await db.untilRow<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> $1`,
    [HARNESS_NAME],
    ({ n }) => n === 0,
  );
  const [row] = await db.query<{ updates: number; hot: number }>(
    `SELECT n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot FROM pg_stat_user_tables WHERE relname = 'blocks'`,
  );
  return row ?? { updates: 0, hot: 0 };
}
