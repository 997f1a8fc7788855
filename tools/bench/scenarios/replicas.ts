import { setTimeout as sleep } from 'node:timers/promises';
import { launchStandIn } from '../../stand-in/launch.js';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { insertBlocks, textOf } from '../blocks.js';
import { measureIdle } from '../idle.js';
import { memoryFigure } from '../memory.js';
import { figure, type Bench, type Figure, type Scenario } from '../scenario.js';
import { verifyVectors } from '../verify.js';
import { completedJobs, environmentOf, forgetJobs, requireCompleted, statementsOf, untilIdle } from '../work-off.js';
import { BenchWorker, runCommand, type Environment } from '../worker.js';

/** A replica alone does 80 blocks a second (2 requests of 10 texts in flight): a run takes some 20 s. */
const BLOCKS_PER_REPLICA = 1_500;
const QUICK_BLOCKS_PER_REPLICA = 200;
/** Latency and nothing else, as of a model far away that scales: so two cores do for eight replicas. */
const MODEL = { parallel: Infinity, requestMs: 250, logSize: 10 };
/** Embedded before by each: eight processes that compile their code at once keep two cores busy for five seconds. */
const WARM_UP_PER_REPLICA = 200;
const QUICK_WARM_UP_PER_REPLICA = 20;
const IDLE_SECONDS = 20;
const QUICK_IDLE_SECONDS = 2;

/** After its start a worker sweeps, and looks at its queues. */
const SETTLE_MS = 5_000;
const QUICK_SETTLE_MS = 500;

/** Replicas are not in each other's way. */
export const replicas: Scenario = {
  name: 'replicas',
  what: 'throughput of several workers on one database, the model being bound by latency alone',
  async measure(bench) {
    const figures: Figure[] = [];
    let alone: readonly number[] = [];
    for (const workers of bench.options.quick ? [1, 2] : [1, 2, 4, 8]) {
      const runs: Run[] = [];
      for (let run = 0; run < bench.options.runs; run++) {
        const last = await measureOnce(bench, workers);
        runs.push(last);
        bench.tell(`replicas ${workers}: ${last.perReplica.toFixed(1)} blocks/s each`);
      }
      const perReplica = runs.map((run) => run.perReplica);
      if (workers === 1) alone = perReplica;
      figures.push(...figuresOf(workers, runs, alone));
    }
    return figures;
  },
};

interface Run {
  /** Blocks a second. */
  readonly perReplica: number;
  /** The enqueuing included; those of workers with nothing to do are taken off. */
  readonly statementsPerBlock: number;
  readonly idleStatementsPerMinute: number;
  readonly peakRssBytes: number;
}

function figuresOf(workers: number, runs: readonly Run[], alone: readonly number[]): Figure[] {
  const name = workers === 1 ? '1 replica' : `${workers} replicas`;
  const all = (value: (run: Run) => number) => runs.map(value);
  const shares = runs.map((run, i) => run.perReplica / (alone[i] ?? Number.NaN));
  return [
    figure(
      `${name}: throughput`,
      'blocks/s',
      all((run) => run.perReplica * workers),
    ),
    ...(workers === 1 ? [] : [figure(`${name}: throughput of each, of one alone`, '', shares, { atLeast: 0.95 })]),
    figure(
      `${name}: statements`,
      'per block',
      all((run) => run.statementsPerBlock),
    ),
    figure(
      `${name}: statements when idle`,
      'per minute',
      all((run) => run.idleStatementsPerMinute),
    ),
    memoryFigure(
      all((run) => run.peakRssBytes),
      `${name}: `,
    ),
  ];
}

/** The workers are warm and wait before there is work, so that neither their start nor the compiling of their code is measured. */
async function measureOnce(bench: Bench, count: number): Promise<Run> {
  const { quick, worker: script } = bench.options;
  const blocks = count * (quick ? QUICK_BLOCKS_PER_REPLICA : BLOCKS_PER_REPLICA);
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn(MODEL);
  const workers: BenchWorker[] = [];
  try {
    const env = environmentOf(db, standIn, { PALDOCS_QUEUE_LIMIT: String(blocks) });
    for (let i = 0; i < count; i++) workers.push(await BenchWorker.start(script, env));
    await enqueueAndEmbed(bench, db, workers, env, count * (quick ? QUICK_WARM_UP_PER_REPLICA : WARM_UP_PER_REPLICA));
    await forgetJobs(db);
    await sleep(quick ? QUICK_SETTLE_MS : SETTLE_MS);
    const idle = await measureIdle(bench, db, workers, quick ? QUICK_IDLE_SECONDS : IDLE_SECONDS);
    const before = (await standIn.stats()).textsEmbedded;
    const seconds = await enqueueAndEmbed(bench, db, workers, env, blocks);
    const statements = (await statementsOf(db)) - idle.statements * seconds;
    const texts = (await standIn.stats()).textsEmbedded - before;
    const done = await requireDone(db, blocks, texts);
    const usages = await Promise.all(workers.map((worker) => worker.usage()));
    return {
      perReplica: done.blocks / done.seconds / count,
      statementsPerBlock: statements / done.blocks,
      idleStatementsPerMinute: idle.statements * 60,
      peakRssBytes: Math.max(...usages.map(({ peakRssBytes }) => peakRssBytes)),
    };
  } finally {
    await stopAll(workers).finally(() => standIn.stop());
    await db.drop();
  }
}

/** Inserts and enqueues blocks, and waits until they are embedded. @returns seconds since they were there */
async function enqueueAndEmbed(
  bench: Bench,
  db: TestDatabase,
  workers: readonly BenchWorker[],
  env: Environment,
  blocks: number,
): Promise<number> {
  await insertUnheard(db, blocks, bench.options.seed);
  await db.query('SELECT pg_stat_statements_reset()');
  const started = performance.now();
  await runCommand(bench.options.worker, ['backfill', '--rate', '0', '--yes'], env);
  await untilIdle(db, workers);
  return (performance.now() - started) / 1000;
}

/** Nobody is to be told of these blocks before all of them are there. */
async function insertUnheard(db: TestDatabase, blocks: number, seed: number): Promise<void> {
  await db.query('ALTER TABLE blocks DISABLE TRIGGER blocks_embedding_insert');
  await insertBlocks(db, blocks, (n) => textOf(seed, n));
  await db.query('ALTER TABLE blocks ENABLE TRIGGER blocks_embedding_insert');
}

/** @param texts that were embedded for the blocks */
async function requireDone(db: TestDatabase, blocks: number, texts: number) {
  await requireCompleted(db);
  await verifyVectors(db);
  const done = await completedJobs(db);
  if (done.blocks !== blocks) throw new Error(`${done.blocks} jobs stored a vector, for ${blocks} blocks`);
  if (texts > blocks * 1.001 + 100) throw new Error(`${texts} texts were embedded for ${blocks} blocks`);
  return done;
}

/** @throws Error of the first worker that did not end with status 0, once all of them have ended */
async function stopAll(workers: readonly BenchWorker[]): Promise<void> {
  const stopped = await Promise.allSettled(workers.map((worker) => worker.stop()));
  for (const result of stopped) if (result.status === 'rejected') throw result.reason;
}
