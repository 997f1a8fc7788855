import { setTimeout as sleep } from 'node:timers/promises';
import { launchStandIn, type LaunchedStandIn } from '../../stand-in/launch.js';
import { embedBacklog, type BacklogRun } from '../backlog.js';
import { insertBlocks } from '../blocks.js';
import { memoryFigure } from '../memory.js';
import { figure, type Bench, type Figure } from '../scenario.js';
import { bestBareLoop, type BareLoop } from './bare-loop.js';
import { bestRateOf, workloadOf, type Model, type Workload } from './models.js';

const MOST_BLOCKS = 12_000;
/** A slow server gets as many blocks as the bare loop does in this time. */
const SECONDS = 60;
const QUICK_BLOCKS = 300;
/** The default of PALDOCS_OLLAMA_CONCURRENCY. */
const IN_FLIGHT_PER_REPLICA = 2;
/** A few texts at the rates of these servers. */
const PROGRESS_POLL_MS = 20;

export interface ThroughputCase {
  readonly model: Model;
  readonly replicas?: number;
  /** The least share of the floor. */
  readonly target?: number;
}

interface Run {
  readonly floor: BareLoop;
  readonly done: BacklogRun;
  /** Blocks per second. */
  readonly rate: number;
}

/** Blocks per second from the first claim to the last vector, learning included, beside the best of the bare loops. */
export async function measureThroughput(bench: Bench, one: ThroughputCase): Promise<Figure[]> {
  const { model, replicas = 1, target } = one;
  const name = replicas === 1 ? model.name : `${model.name}, ${replicas} replicas`;
  const runs: Run[] = [];
  for (let run = 0; run < bench.options.runs; run++) {
    const last = await measureOnce(bench, model, replicas);
    runs.push(last);
    const { floor, done, rate } = last;
    const learned = done.learnedSize === undefined ? '' : `, learned ${done.learnedSize}`;
    bench.print(
      `request-size ${name}: ${rate.toFixed(1)}/s, bare loop ${floor.rate.toFixed(1)}/s with ${floor.size} texts${learned}`,
    );
  }
  const all = (value: (run: Run) => number) => runs.map(value);
  const learned = runs.flatMap(({ done }) => done.learnedSize ?? []);
  return [
    figure(
      `${name}: throughput`,
      'blocks/s',
      all((run) => run.rate),
    ),
    figure(
      `${name}: floor, the best bare loop`,
      'blocks/s',
      all((run) => run.floor.rate),
    ),
    figure(
      `${name}: share of the floor`,
      '',
      all((run) => run.rate / run.floor.rate),
      target === undefined ? undefined : { atLeast: target },
    ),
    figure(
      `${name}: size of the floor’s requests`,
      'texts',
      all((run) => run.floor.size),
    ),
    figure(
      `${name}: mean size of the worker’s requests`,
      'texts',
      all((run) => run.done.blocks / run.done.requestSizes.length),
    ),
    ...(learned.length === 0 ? [] : [figure(`${name}: learned size`, 'texts', learned)]),
    memoryFigure(
      all((run) => run.done.peakRssBytes),
      `${name}: `,
    ),
  ];
}

async function measureOnce(bench: Bench, model: Model, replicas: number): Promise<Run> {
  const { quick, seed } = bench.options;
  const blocks = quick ? QUICK_BLOCKS : Math.min(MOST_BLOCKS, Math.floor(SECONDS * bestRateOf(model)));
  const workload = workloadOf(model, blocks, seed);
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn({ parallel: 1, logSize: 100_000 });
  try {
    const floor = await bestBareLoop(standIn, workload, IN_FLIGHT_PER_REPLICA * replicas, quick);
    await insertBlocks(db, blocks, workload.text);
    const embedding = new AbortController();
    const [done, costs] = await Promise.allSettled([
      embedBacklog(bench, db, standIn, replicas).finally(() => embedding.abort()),
      changeCosts(standIn, workload, embedding.signal),
    ]);
    if (done.status === 'rejected') throw done.reason;
    if (costs.status === 'rejected') throw costs.reason;
    return { floor, done: done.value, rate: done.value.blocks / done.value.seconds };
  } finally {
    await standIn.stop();
    await db.drop();
  }
}

/**
 * Sets the costs, and changes them once half of the texts are embedded.
 *
 * @param embedding aborted when the workers have finished
 * @throws Error if they finished before the costs could be changed
 */
async function changeCosts(standIn: LaunchedStandIn, { blocks, costs }: Workload, embedding: AbortSignal) {
  const embedded = async () => (await standIn.stats()).textsEmbedded;
  const before = await embedded();
  for (const [part, current] of costs.entries()) {
    while ((await embedded()) - before < (blocks * part) / costs.length) {
      if (embedding.aborted) throw new Error('the workers had finished before the costs changed');
      await sleep(PROGRESS_POLL_MS);
    }
    await standIn.setCosts(current);
  }
}
