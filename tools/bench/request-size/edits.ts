import { setTimeout as sleep } from 'node:timers/promises';
import { launchStandIn, type LaunchedStandIn } from '../../stand-in/launch.js';
import { embeddingsAfter, requireBacklog } from '../backlog.js';
import { insertBlocks, textOf } from '../blocks.js';
import { editAll, readLatencies, untilStored } from '../edits.js';
import { insertEmbedded } from '../embedded-table.js';
import { environmentOf } from '../embed-pending.js';
import { figure, quantile, type Bench, type Figure } from '../scenario.js';
import { verifyVectors } from '../verify.js';
import { BenchWorker } from '../worker.js';
import { requestMsOf, type Model } from './models.js';

/** Answered requests after which the size has been learned. */
const LEARNED_AFTER = 150;
const QUICK_LEARNED_AFTER = 20;
const EDITS_PER_SECOND = 5;
const EDIT_SECONDS = 40;
const QUICK_EDIT_SECONDS = 3;
const QUICK_BACKLOG = 4_000;
const STORED_WITHIN_MS = 60_000;
const PROGRESS_POLL_MS = 100;
/** What an edit may take in addition to the two largest requests, which may be in flight before its own. */
const ALLOWANCE_MS = 100;

export interface EditsCase {
  readonly model: Model;
  /** Pending blocks: more than are embedded while the size is learned and the edits are made. */
  readonly backlog: number;
}

interface Run {
  /** From the commit of an edit to the commit of its vector. */
  readonly p95: number;
  /** Model's time for the largest request during the edits, without waiting. */
  readonly largestMs: number;
}

/** How long edits take beside a backlog whose request size has been learned. */
export async function measureEdits(bench: Bench, one: EditsCase): Promise<Figure[]> {
  const runs: Run[] = [];
  for (let run = 0; run < bench.options.runs; run++) {
    const last = await measureOnce(bench, one);
    runs.push(last);
    bench.print(
      `request-size ${one.model.name}, edits beside the backlog: p95 ${last.p95.toFixed(0)} ms, the largest request ${last.largestMs.toFixed(0)} ms`,
    );
  }
  const name = `${one.model.name}, edits beside the backlog`;
  return [
    figure(
      `${name}: p95 from edit to stored`,
      'ms',
      runs.map(({ p95 }) => p95),
    ),
    figure(
      `${name}: the largest request`,
      'ms',
      runs.map(({ largestMs }) => largestMs),
    ),
    figure(
      `${name}: p95 divided by two of the largest requests + ${ALLOWANCE_MS} ms`,
      '',
      runs.map(({ p95, largestMs }) => p95 / (2 * largestMs + ALLOWANCE_MS)),
      { atMost: 1 },
    ),
  ];
}

async function measureOnce(bench: Bench, { model, backlog }: EditsCase): Promise<Run> {
  const { quick, seed, worker: script } = bench.options;
  const edits = EDITS_PER_SECOND * (quick ? QUICK_EDIT_SECONDS : EDIT_SECONDS);
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn({
    parallel: 1,
    requestMs: model.requestMs,
    textMs: model.textMs,
    logSize: 100_000,
  });
  try {
    await insertEmbedded(db, edits, seed);
    await insertBlocks(db, quick ? QUICK_BACKLOG : backlog, (n) => textOf(seed, n));
    const worker = await BenchWorker.start(script, environmentOf(db, standIn));
    try {
      await untilAnswered(standIn, worker, quick ? QUICK_LEARNED_AFTER : LEARNED_AFTER);
      const { requests: before } = await standIn.stats();
      const ids = Array.from({ length: edits }, (_, i) => String(1 + i));
      const edited = await editAll(db, ids, EDITS_PER_SECOND, seed);
      await untilStored(db, edited, STORED_WITHIN_MS);
      await requireBacklog(db);
      await verifyVectors(db, ids);
      const largest = Math.max(...(await embeddingsAfter(standIn, before)).map(({ texts }) => texts));
      return { p95: quantile(await readLatencies(db, edited), 0.95), largestMs: requestMsOf(model, largest) };
    } finally {
      await worker.stop();
    }
  } finally {
    await standIn.stop();
    await db.drop();
  }
}

async function untilAnswered(standIn: LaunchedStandIn, worker: BenchWorker, requests: number): Promise<void> {
  while ((await standIn.stats()).answered < requests) {
    worker.requireAlive();
    await sleep(PROGRESS_POLL_MS);
  }
}
