import { setTimeout as sleep } from 'node:timers/promises';
import { launchStandIn } from '../../stand-in/launch.js';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { insertBlocks, textOf } from '../blocks.js';
import { measureIdle } from '../idle.js';
import { memoryFigure } from '../memory.js';
import { figure, type Bench, type Figure, type Scenario } from '../scenario.js';
import { verifyVectors } from '../verify.js';
import { statementsOf } from '../statements.js';
import { completedJobs, environmentOf, forgetJobs, requireCompleted, untilIdle } from '../embed-pending.js';
import { BenchWorker, runCommand, stopAll, type Environment } from '../worker.js';

/** One replica alone embeds 80 blocks per second (2 requests of 10 texts in flight), so a run takes about 20 s. */
const BLOCKS_PER_REPLICA = 1_500;
const QUICK_BLOCKS_PER_REPLICA = 200;
/** Latency only, like a distant model that scales, so that two cores suffice for eight replicas. */
const MODEL = { parallel: Infinity, requestMs: 250, logSize: 10 };
/** Embedded before the measurement: eight processes that compile their code at once keep two cores busy for five seconds. */
const WARM_UP_PER_REPLICA = 200;
const QUICK_WARM_UP_PER_REPLICA = 20;
const IDLE_SECONDS = 20;
const QUICK_IDLE_SECONDS = 2;

/** Time for the work that follows a worker's start, such as the first sweep. */
const SETTLE_MS = 5_000;
const QUICK_SETTLE_MS = 500;

/** Replicas must not slow each other down. */
export const replicas: Scenario = {
  name: 'replicas',
  what: 'throughput of several workers on one database, with a model whose only limit is its latency',
  async measure(bench) {
    const figures: Figure[] = [];
    let alone: readonly number[] = [];
    for (const workers of bench.options.quick ? [1, 2] : [1, 2, 4, 8]) {
      const runs: Run[] = [];
      for (let run = 0; run < bench.options.runs; run++) {
        const last = await measureOnce(bench, workers);
        runs.push(last);
        bench.print(`replicas ${workers}: ${last.perReplica.toFixed(1)} blocks/s each`);
      }
      const perReplica = runs.map((run) => run.perReplica);
      if (workers === 1) alone = perReplica;
      figures.push(...figuresOf(workers, runs, alone));
    }
    return figures;
  },
};

interface Run {
  /** Blocks per second. */
  readonly perReplica: number;
  /** Includes enqueueing, without the statements of idle workers. */
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
    ...(workers === 1
      ? []
      : [figure(`${name}: throughput of each, as a share of one alone`, '', shares, { atLeast: 0.95 })]),
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

/** The workers are started and warmed up before there is work, so their start and compilation are not measured. */
async function measureOnce(bench: Bench, count: number): Promise<Run> {
  const { quick, worker: script } = bench.options;
  const blocks = count * (quick ? QUICK_BLOCKS_PER_REPLICA : BLOCKS_PER_REPLICA);
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn(MODEL);
  const workers: BenchWorker[] = [];
  try {
    const env = environmentOf(db, standIn, {
      PALDOCS_QUEUE_LIMIT: String(blocks),
      PALDOCS_BATCH_SIZE: '10',
    });
    for (let i = 0; i < count; i++) workers.push(await BenchWorker.start(script, env));
    await enqueueAndEmbed(bench, db, workers, env, count * (quick ? QUICK_WARM_UP_PER_REPLICA : WARM_UP_PER_REPLICA));
    await forgetJobs(db);
    await sleep(quick ? QUICK_SETTLE_MS : SETTLE_MS);
    const idle = await measureIdle(bench, db, workers, () => sleep((quick ? QUICK_IDLE_SECONDS : IDLE_SECONDS) * 1000));
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

/** Inserts and enqueues blocks, and waits until they are embedded. @returns seconds since they were inserted */
async function enqueueAndEmbed(
  bench: Bench,
  db: TestDatabase,
  workers: readonly BenchWorker[],
  env: Environment,
  blocks: number,
): Promise<number> {
  await insertWithoutNotify(db, blocks, bench.options.seed);
  await db.query('SELECT pg_stat_statements_reset()');
  const started = performance.now();
  await runCommand(bench.options.worker, ['backfill', '--rate', '0', '--yes'], env);
  await untilIdle(db, workers);
  return (performance.now() - started) / 1000;
}

/** Inserts blocks without notifications, so that no worker starts before all of them are inserted. */
async function insertWithoutNotify(db: TestDatabase, blocks: number, seed: number): Promise<void> {
  await db.query('ALTER TABLE blocks DISABLE TRIGGER blocks_embedding_insert');
  await insertBlocks(db, blocks, (n) => textOf(seed, n));
  await db.query('ALTER TABLE blocks ENABLE TRIGGER blocks_embedding_insert');
}

/** @param texts how many texts were embedded */
async function requireDone(db: TestDatabase, blocks: number, texts: number) {
  await requireCompleted(db);
  await verifyVectors(db);
  const done = await completedJobs(db);
  if (done.blocks !== blocks) throw new Error(`${done.blocks} jobs stored a vector, for ${blocks} blocks`);
  if (texts > blocks * 1.001 + 100) throw new Error(`${texts} texts were embedded for ${blocks} blocks`);
  return done;
}
