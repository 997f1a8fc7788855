import { launchStandIn, type LaunchedStandIn } from '../../stand-in/launch.js';
import { HARNESS_NAME } from '../../../test/support/harness-client.js';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { insertEmbedded } from '../embedded-table.js';
import { updateLoop } from '../floors/update-loop.js';
import { memoryFigure } from '../memory.js';
import { figure, type Bench, type Figure, type Scenario } from '../scenario.js';
import { forgetJobs, workOff } from '../work-off.js';

interface Case {
  readonly name: string;
  /** 75 is what we recommend, 100 is PostgreSQL's own. */
  readonly fillfactor: number;
  /** Whether the rows lie scattered, as edits do, or side by side, as in a backfill of all. */
  readonly scattered: boolean;
  /** HOT updates among those of the status alone. */
  readonly leastHot?: number;
}

/** A page holds some ten rows: of three rewritten within moments, each finds room only on a page of its own. */
const CASES: readonly Case[] = [
  { name: 'fillfactor 75, scattered', fillfactor: 75, scattered: true, leastHot: 0.95 },
  { name: 'fillfactor 75, side by side', fillfactor: 75, scattered: false },
  { name: 'fillfactor 100, scattered', fillfactor: 100, scattered: true },
];
/** Of the table. Each run of the worker, and of the floor, takes a part that none took before. */
const LEAST_PARTS = 10;
const PARTS_OF_RUN = 3;
const ROWS_OF_PART = 2_000;
const QUICK_ROWS_OF_PART = 100;
/** As many connections as the worker has workers, as many vectors in a statement as jobs in a batch. */
const CONNECTIONS = 10;
const BATCH_SIZE = 10;

/** With an index on the vectors, which is what a write costs then. */
export const writePath: Scenario = {
  name: 'write-path',
  what: 'storing vectors beside an HNSW index, against a loop of bare UPDATEs',
  async measure(bench) {
    const figures: Figure[] = [];
    for (const one of CASES) figures.push(...(await measureCase(bench, one)));
    return figures;
  },
};

interface Run {
  /** Vectors a second. */
  readonly rate: number;
  readonly floor: number;
  /** On one connection: an index entry is made by one core. */
  readonly serialFloor: number;
  /** Updates of the status alone: all but those that store a vector. */
  readonly statusUpdates: number;
  /** None that stores a vector can be HOT: it changes what is indexed. */
  readonly hotUpdates: number;
  readonly peakRssBytes: number;
}

/** A part of the table: the ids of its rows. */
type PartOf = (part: number) => string[];

async function measureCase(bench: Bench, { name, fillfactor, scattered, leastHot }: Case): Promise<Figure[]> {
  const { quick, runs: count, seed } = bench.options;
  const size = quick ? QUICK_ROWS_OF_PART : ROWS_OF_PART;
  const parts = Math.max(LEAST_PARTS, PARTS_OF_RUN * count);
  const rows = parts * size;
  const partOf: PartOf = (part) =>
    Array.from({ length: size }, (_, i) => String(1 + (scattered ? i * parts + part : part * size + i)));
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn({ logSize: 10 });
  const runs: Run[] = [];
  try {
    // Vacuuming an HNSW index takes longer than a run: it would hit one and miss another.
    await db.query(`ALTER TABLE blocks SET (fillfactor = ${fillfactor}, autovacuum_enabled = off)`);
    await insertEmbedded(db, rows, seed);
    bench.tell(`write-path: building the index on ${rows} rows`);
    await createIndex(db);
    for (let run = 0; run < count; run++) {
      const last = await measureOnce(bench, db, standIn, (part) => partOf(PARTS_OF_RUN * run + part));
      runs.push(last);
      bench.tell(
        `write-path ${name}: ${last.rate.toFixed(0)}/s, bare ${last.floor.toFixed(0)}/s, on one connection ${last.serialFloor.toFixed(0)}/s`,
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
      `${name}: floor, bare UPDATEs`,
      'vectors/s',
      all((run) => run.floor),
    ),
    figure(
      `${name}: floor, bare UPDATEs on one connection`,
      'vectors/s',
      all((run) => run.serialFloor),
    ),
    figure(
      `${name}: share of the floor`,
      '',
      all((run) => run.rate / run.floor),
    ),
    figure(
      `${name}: HOT, of the updates of the status alone`,
      '',
      all((run) => run.hotUpdates / run.statusUpdates),
      leastHot === undefined ? undefined : { atLeast: leastHot },
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

/** Which ends after it, so that its updates are counted by then. */
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
  const done = await workOff({ bench, db, standIn, ids });
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

/** Sessions tell their counts when they end: waits until all but the harness's own, which update nothing, have. */
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
