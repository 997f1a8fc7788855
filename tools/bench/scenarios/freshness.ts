import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_INSTRUCTION } from '../../../src/config/variables.js';
import { launchStandIn, type LaunchedStandIn } from '../../stand-in/launch.js';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { requireBacklog } from '../backlog.js';
import { insertBlocks, textOf } from '../blocks.js';
import { editAll, readLatencies, untilStored } from '../edits.js';
import { insertEmbedded } from '../embedded-table.js';
import { httpLoop } from '../floors/http-loop.js';
import { notifyLoop } from '../floors/notify-loop.js';
import { memoryFigure } from '../memory.js';
import { figure, quantile, type Bench, type Figure, type Scenario } from '../scenario.js';
import { environmentOf } from '../embed-pending.js';
import { verifyVectors } from '../verify.js';
import { BenchWorker } from '../worker.js';

const SEED_OF_WARM_UP = 0;
const WARM_UP_SECONDS = 2;
const FLOOR_ROUNDS = 300;
const STORED_WITHIN_MS = 60_000;

interface Case {
  readonly name: string;
  /** Number of blocks that have their vectors, and of pending ones. */
  readonly embedded: number;
  readonly backlog: number;
  readonly editsPerSecond: number;
  readonly seconds: number;
  readonly requestMs: number;
  readonly textMs: number;
  readonly targets: Readonly<Partial<Record<Quantile, number>>>;
}

type Quantile = 'p50' | 'p90' | 'p99';
const QUANTILES: readonly (readonly [Quantile, number])[] = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p99', 0.99],
];

const LIVE = { name: 'edits alone', embedded: 10_000, backlog: 0, editsPerSecond: 50, requestMs: 0, textMs: 5 };
/**
 * Each edit is one request and takes 25 ms of the model's time. At 5 per second that is an eighth of it, so the backlog
 * progresses and edits seldom wait for each other. 40 per second would take all of it.
 */
const WITH_BACKLOG = {
  name: 'with a backlog',
  embedded: 10_000,
  backlog: 100_000,
  editsPerSecond: 5,
  requestMs: 20,
  textMs: 5,
};
/** A fixed size: what edits wait beside requests whose size is learned is part of the scenario `request-size`. */
const REQUEST_TEXTS = 10;
/** Two requests are in flight before an edit's request. */
const IN_FLIGHT_MS = 2 * (WITH_BACKLOG.requestMs + REQUEST_TEXTS * WITH_BACKLOG.textMs);

const ENVIRONMENT = { PALDOCS_BATCH_SIZE: String(REQUEST_TEXTS) };

const CASES: readonly Case[] = [
  { ...LIVE, seconds: 30, targets: { p50: 12, p99: 40 } },
  { ...WITH_BACKLOG, seconds: 60, targets: { p99: IN_FLIGHT_MS + 60 } },
];
const QUICK_CASES: readonly Case[] = [
  { ...LIVE, embedded: 500, seconds: 3, targets: {} },
  { ...WITH_BACKLOG, embedded: 500, backlog: 1_500, seconds: 3, targets: {} },
];

/** Measures the time from the commit of an edit to the commit of its vector. */
export const freshness: Scenario = {
  name: 'freshness',
  what: 'time from the commit of an edit to the commit of its vector, without the model’s own time for that text',
  async measure(bench) {
    const figures: Figure[] = [];
    for (const one of bench.options.quick ? QUICK_CASES : CASES) figures.push(...(await measureCase(bench, one)));
    return figures;
  },
};

interface Run {
  readonly latenciesMs: readonly number[];
  readonly notifyMs: readonly number[];
  readonly requestMs: readonly number[];
  readonly peakRssBytes: number;
}

async function measureCase(bench: Bench, one: Case): Promise<Figure[]> {
  const runs: Run[] = [];
  for (let run = 0; run < bench.options.runs; run++) {
    const last = await measureOnce(bench, one);
    runs.push(last);
    const quantiles = QUANTILES.map(([name, share]) => `${name} ${quantile(last.latenciesMs, share).toFixed(1)} ms`);
    bench.print(`freshness ${one.name}: ${quantiles.join(', ')} of ${last.latenciesMs.length} edits`);
  }
  const p50 = (values: readonly number[]) => quantile(values, 0.5);
  const figures = QUANTILES.map(([name, share]) => {
    const target = one.targets[name];
    const values = runs.map(({ latenciesMs }) => quantile(latenciesMs, share));
    return figure(`${one.name}: ${name}`, 'ms', values, target === undefined ? undefined : { atMost: target });
  });
  figures.push(
    memoryFigure(
      runs.map(({ peakRssBytes }) => peakRssBytes),
      `${one.name}: `,
    ),
  );
  if (one.backlog > 0) return figures;
  return [
    ...figures,
    figure(
      `${one.name}: floor, NOTIFY alone, p50`,
      'ms',
      runs.map(({ notifyMs }) => p50(notifyMs)),
    ),
    figure(
      `${one.name}: floor, the request alone, p50`,
      'ms',
      runs.map(({ requestMs }) => p50(requestMs)),
    ),
    figure(
      `${one.name}: p50, as a multiple of both floors together`,
      '',
      runs.map((run) => p50(run.latenciesMs) / (p50(run.notifyMs) + p50(run.requestMs))),
    ),
  ];
}

async function measureOnce(bench: Bench, one: Case): Promise<Run> {
  const { seed } = bench.options;
  const modelMs = one.requestMs + one.textMs;
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn({ parallel: 1, requestMs: one.requestMs, textMs: one.textMs, logSize: 10 });
  try {
    await insertEmbedded(db, one.embedded, seed);
    if (one.backlog > 0) await insertBlocks(db, one.backlog, (n) => textOf(seed, n));
    const floors = await measureFloors(bench, db, standIn, modelMs);
    const worker = await BenchWorker.start(bench.options.worker, environmentOf(db, standIn, ENVIRONMENT));
    let peakRssBytes = 0;
    let latenciesMs: number[];
    try {
      if (one.backlog > 0) await untilEmbedding(standIn, worker);
      latenciesMs = await editAndWait(db, one, seed);
      peakRssBytes = (await worker.usage()).peakRssBytes;
      if (one.backlog > 0) await requireBacklog(db);
    } finally {
      await worker.stop();
    }
    return { ...floors, peakRssBytes, latenciesMs: latenciesMs.map((ms) => ms - modelMs) };
  } finally {
    await standIn.stop();
    await db.drop();
  }
}

/** Edits blocks that have their vectors (ids from 1): the first few to warm up, then others to measure. */
async function editAndWait(db: TestDatabase, one: Case, seed: number): Promise<number[]> {
  const idsFrom = (from: number, count: number) => Array.from({ length: count }, (_, i) => String(from + i));
  const warmUp = idsFrom(1, one.editsPerSecond * WARM_UP_SECONDS);
  await untilStored(db, await editAll(db, warmUp, one.editsPerSecond, SEED_OF_WARM_UP), STORED_WITHIN_MS);
  const ids = idsFrom(1 + warmUp.length, one.editsPerSecond * one.seconds);
  const edits = await editAll(db, ids, one.editsPerSecond, seed);
  await untilStored(db, edits, STORED_WITHIN_MS);
  await verifyVectors(db, ids);
  return await readLatencies(db, edits);
}

async function measureFloors(bench: Bench, db: TestDatabase, standIn: LaunchedStandIn, modelMs: number) {
  const rounds = bench.options.quick ? FLOOR_ROUNDS / 10 : FLOOR_ROUNDS;
  const [listener, sender] = await Promise.all([db.connect('bench listener'), db.connect('bench sender')]);
  try {
    const texts = Array.from({ length: rounds }, (_, n) => [DEFAULT_INSTRUCTION + textOf(bench.options.seed, n)]);
    const { requestMs } = await httpLoop(standIn.url, texts, 1);
    return {
      notifyMs: await notifyLoop(listener, sender, rounds),
      requestMs: requestMs.map((ms) => ms - modelMs),
    };
  } finally {
    await Promise.all([listener.end(), sender.end()]);
  }
}

async function untilEmbedding(standIn: LaunchedStandIn, worker: BenchWorker): Promise<void> {
  const enough = (await standIn.stats()).textsEmbedded + 100;
  while ((await standIn.stats()).textsEmbedded < enough) {
    worker.requireAlive();
    await sleep(100);
  }
}
