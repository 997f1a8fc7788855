import { launchStandIn } from '../../stand-in/launch.js';
import { insertBlocks, textOf } from '../blocks.js';
import { databaseLoop } from '../floors/database-loop.js';
import { memoryFigure } from '../memory.js';
import { figure, type Bench, type Figure, type Scenario } from '../scenario.js';
import { environmentOf, workOff, type WorkedOff } from '../work-off.js';
import { runCommand } from '../worker.js';

interface Setting {
  readonly workers: number;
  readonly batchSize: number;
  /** Of the worker, in flight. */
  readonly requests: number;
  readonly target: number;
}

const SETTINGS: readonly Setting[] = [
  { workers: 10, batchSize: 10, requests: 2, target: 3_000 }, // the defaults
  { workers: 2, batchSize: 128, requests: 2, target: 5_000 }, // one of the two takes live jobs only
  { workers: 4, batchSize: 128, requests: 2, target: 5_000 }, // the best we know
];
/** So many that start and warm-up are a small part: a run takes some 10 s. */
const BLOCKS = 50_000;
const SHARE_OF_FLOOR = 0.7;
/** Per 1,000 blocks: a stand-in that takes more is what is measured. It took 0.06 to 0.11 when its answers were joined strings. */
const STAND_IN_CPU_SECONDS = 0.06;

/** The model answers at once: what is left is us. */
export const ceiling: Scenario = {
  name: 'ceiling',
  what: 'blocks a second with a model that answers at once, against a loop of the database work alone',
  async measure(bench) {
    const figures: Figure[] = [];
    for (const setting of bench.options.quick ? SETTINGS.slice(0, 1) : SETTINGS) {
      figures.push(...(await measureSetting(bench, setting)));
    }
    return figures;
  },
};

async function measureSetting(bench: Bench, setting: Setting): Promise<Figure[]> {
  const blocks = bench.options.quick ? 500 : BLOCKS;
  const name = `${setting.workers} × ${setting.batchSize}`;
  const floors: number[] = [];
  const runs: WorkedOff[] = [];
  for (let run = 0; run < bench.options.runs; run++) {
    floors.push(await floor(bench, setting, blocks));
    runs.push(await pipeline(bench, setting, blocks));
    const last = runs.at(-1);
    bench.tell(`ceiling ${name}: ${rate(last).toFixed(0)}/s, floor ${floors.at(-1)?.toFixed(0) ?? ''}/s`);
  }
  const perThousand = (seconds: (run: WorkedOff) => number) => runs.map((run) => (seconds(run) / run.blocks) * 1000);
  return [
    figure(`${name}: throughput`, 'blocks/s', runs.map(rate), { atLeast: setting.target }),
    figure(`${name}: floor, the database work alone`, 'blocks/s', floors),
    figure(
      `${name}: share of the floor`,
      '',
      runs.map((run, i) => rate(run) / (floors[i] ?? NaN)),
      {
        atLeast: SHARE_OF_FLOOR,
      },
    ),
    figure(
      `${name}: CPU of the worker`,
      's per 1,000 blocks',
      perThousand((run) => run.workerCpuSeconds),
    ),
    figure(
      `${name}: CPU of PostgreSQL`,
      's per 1,000 blocks',
      perThousand((run) => run.postgresCpuSeconds),
    ),
    figure(
      `${name}: CPU of the stand-in`,
      's per 1,000 blocks',
      perThousand((run) => run.standInCpuSeconds),
      { atMost: STAND_IN_CPU_SECONDS },
    ),
    figure(
      `${name}: statements`,
      'per block',
      runs.map((run) => run.statements / run.blocks),
    ),
    memoryFigure(
      runs.map((run) => run.peakRssBytes),
      `${name}: `,
    ),
  ];
}

async function pipeline(bench: Bench, setting: Setting, blocks: number): Promise<WorkedOff> {
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn({ logSize: 10 });
  try {
    await insertBlocks(db, blocks, (n) => textOf(bench.options.seed, n));
    return await workOff({ bench, db, standIn, environment: environmentOfSetting(setting) });
  } finally {
    await standIn.stop();
    await db.drop();
  }
}

async function floor(bench: Bench, { workers, batchSize }: Setting, blocks: number): Promise<number> {
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn();
  try {
    await insertBlocks(db, blocks, (n) => textOf(bench.options.seed, n));
    await runCommand(
      bench.options.worker,
      ['backfill', '--rate', '0', '--yes'],
      environmentOf(db, standIn, { PALDOCS_QUEUE_LIMIT: String(BLOCKS) }),
    );
    const done = await databaseLoop(db, workers, batchSize);
    if (done.blocks !== blocks) throw new Error(`the floor stored ${done.blocks} of ${blocks} blocks`);
    return done.blocks / done.seconds;
  } finally {
    await standIn.stop();
    await db.drop();
  }
}

function environmentOfSetting({ workers, batchSize, requests }: Setting) {
  return {
    PALDOCS_WORKER_CONCURRENCY: String(workers),
    PALDOCS_BATCH_SIZE: String(batchSize),
    PALDOCS_OLLAMA_CONCURRENCY: String(requests),
    PALDOCS_QUEUE_LIMIT: String(BLOCKS),
  };
}

function rate(run: WorkedOff | undefined): number {
  return run === undefined ? Number.NaN : run.blocks / run.seconds;
}
