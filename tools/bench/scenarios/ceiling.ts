import type { Agent } from 'node:http';
import { scanEmbeddings } from '../../../src/embedder/scan-embeddings.js';
import { deterministicVector } from '../../stand-in/deterministic-brain.js';
import { launchStandIn } from '../../stand-in/launch.js';
import { insertBlocks, textOf } from '../blocks.js';
import { databaseLoop, type DatabaseLoopOptions } from '../floors/database-loop.js';
import { floorAgent, requestEmbeddings } from '../floors/embed-request.js';
import { memoryFigure } from '../memory.js';
import { figure, type Bench, type Figure, type Scenario } from '../scenario.js';
import { environmentOf, embedPending, type EmbeddingCost } from '../embed-pending.js';
import { runCommand } from '../worker.js';

interface Setting {
  readonly workers: number;
  readonly batchSize: number;
  /** Requests that the worker has in flight. */
  readonly requests: number;
  readonly target: number;
}

const SETTINGS: readonly Setting[] = [
  { workers: 10, batchSize: 10, requests: 2, target: 3_000 }, // the defaults
  { workers: 2, batchSize: 128, requests: 2, target: 5_000 }, // one of the two workers takes live jobs only
  { workers: 4, batchSize: 128, requests: 2, target: 5_000 }, // the best setting we know
];
/** Enough that start and warm-up are a small part: a run takes about 10 s. */
const BLOCKS = 50_000;
const DIMENSIONS = 768;
const VECTOR = deterministicVector('', DIMENSIONS);
const SHARE_OF_FLOOR = 0.7;
/** Per 1,000 blocks. If the stand-in takes more, it limits the throughput. With answers joined from strings it took 0.06 to 0.11. */
const STAND_IN_CPU_SECONDS = 0.06;

/** The model answers at once, so only the worker and PostgreSQL limit the throughput. */
export const ceiling: Scenario = {
  name: 'ceiling',
  what: 'throughput with a model that answers at once, by workers × batch size; the floor is a loop that only does the database work',
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
  const floorsWithRequests: number[] = [];
  const runs: EmbeddingCost[] = [];
  for (let run = 0; run < bench.options.runs; run++) {
    const databaseOnly = await floor(bench, setting, blocks, false);
    const withRequests = await floor(bench, setting, blocks, true);
    const done = await pipeline(bench, setting, blocks);
    floors.push(databaseOnly);
    floorsWithRequests.push(withRequests);
    runs.push(done);
    bench.print(
      `ceiling ${name}: ${rate(done).toFixed(0)}/s, floor ${databaseOnly.toFixed(0)}/s, with requests ${withRequests.toFixed(0)}/s`,
    );
  }
  const sharesOf = (bases: readonly number[]) => runs.map((run, i) => rate(run) / (bases[i] ?? Number.NaN));
  const perThousand = (seconds: (run: EmbeddingCost) => number) =>
    runs.map((run) => (seconds(run) / run.blocks) * 1000);
  return [
    figure(`${name}: throughput`, 'blocks/s', runs.map(rate), { atLeast: setting.target }),
    figure(`${name}: floor, the database work alone`, 'blocks/s', floors),
    figure(`${name}: share of the floor`, '', sharesOf(floors), { atLeast: SHARE_OF_FLOOR }),
    figure(`${name}: floor with the requests`, 'blocks/s', floorsWithRequests),
    figure(`${name}: share of the floor with the requests`, '', sharesOf(floorsWithRequests)),
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

async function pipeline(bench: Bench, setting: Setting, blocks: number): Promise<EmbeddingCost> {
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn({ logSize: 10 });
  try {
    await insertBlocks(db, blocks, (n) => textOf(bench.options.seed, n));
    return await embedPending({ bench, db, standIn, environment: environmentOfSetting(setting) });
  } finally {
    await standIn.stop();
    await db.drop();
  }
}

/** @param requests whether to send requests to the model and read the answers, with the worker's parser, which is faster than JSON.parse */
async function floor(
  bench: Bench,
  { workers, batchSize }: Setting,
  blocks: number,
  requests: boolean,
): Promise<number> {
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn({ logSize: 10 });
  const agent = floorAgent(workers);
  try {
    await insertBlocks(db, blocks, (n) => textOf(bench.options.seed, n));
    await runCommand(
      bench.options.worker,
      ['backfill', '--rate', '0', '--yes'],
      environmentOf(db, standIn, { PALDOCS_QUEUE_LIMIT: String(BLOCKS) }),
    );
    const embed = requests ? (contents: readonly string[]) => ask(agent, standIn.url, contents) : sameVector;
    const done = await databaseLoop({ db, loops: workers, batchSize, embed });
    if (done.blocks !== blocks) throw new Error(`the floor stored ${done.blocks} of ${blocks} blocks`);
    return done.blocks / done.seconds;
  } finally {
    agent.destroy();
    await standIn.stop();
    await db.drop();
  }
}

const sameVector: DatabaseLoopOptions['embed'] = (contents) => Promise.resolve(contents.map(() => VECTOR));

async function ask(agent: Agent, url: string, contents: readonly string[]): Promise<readonly Float32Array[]> {
  const vectors = scanEmbeddings(await requestEmbeddings(agent, url, contents), contents.length, DIMENSIONS);
  if (vectors === undefined) throw new Error('the stand-in’s answer holds no vectors');
  return vectors;
}

function environmentOfSetting({ workers, batchSize, requests }: Setting) {
  return {
    PALDOCS_WORKER_CONCURRENCY: String(workers),
    PALDOCS_BATCH_SIZE: String(batchSize),
    PALDOCS_OLLAMA_CONCURRENCY: String(requests),
    PALDOCS_QUEUE_LIMIT: String(BLOCKS),
  };
}

function rate({ blocks, seconds }: EmbeddingCost): number {
  return blocks / seconds;
}
