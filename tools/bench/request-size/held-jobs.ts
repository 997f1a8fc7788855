import { setTimeout as sleep } from 'node:timers/promises';
import { launchStandIn } from '../../stand-in/launch.js';
import { embeddingsAfter } from '../backlog.js';
import { insertBlocks, textOf } from '../blocks.js';
import { environmentOf, SCHEMA } from '../embed-pending.js';
import { figure, type Bench, type Figure } from '../scenario.js';
import { BENCH_MARK } from '../statements.js';
import { BenchWorker, runCommand, type Environment } from '../worker.js';

/** So slow that a request of 10 texts takes 20 s. */
const TEXT_MS = 2_000;
const QUICK_TEXT_MS = 20;
/** Answered requests after which a learned size has settled. */
const REQUESTS = 60;
const QUICK_REQUESTS = 6;
/** A fixed size is the same from the first request. */
const REQUESTS_WITH_FIXED_SIZE = 2;
/** More than fit into all requests and into the batches that the workers hold. */
const BLOCKS = 1_000;
/** The size that the worker has before it has learned one, and that workers had before sizes were learned. */
const FIXED_SIZE = '10';
const POLL_MS = 200;

/**
 * How many jobs one worker holds at most on a very slow server. Runs once: the number does not depend on the machine, and a
 * run takes ten minutes.
 */
export async function measureHeldJobs(bench: Bench): Promise<Figure[]> {
  const { quick } = bench.options;
  const textMs = quick ? QUICK_TEXT_MS : TEXT_MS;
  const name = `${textMs.toLocaleString('en')} n`;
  const fixed = await mostHeldJobs(bench, textMs, { PALDOCS_BATCH_SIZE: FIXED_SIZE }, REQUESTS_WITH_FIXED_SIZE);
  bench.print(`request-size ${name}: at most ${fixed} jobs held with a fixed size of ${FIXED_SIZE}`);
  const learned = await mostHeldJobs(bench, textMs, {}, quick ? QUICK_REQUESTS : REQUESTS);
  bench.print(`request-size ${name}: at most ${learned} jobs held with a learned size`);
  return [
    figure(`${name}: most jobs held`, 'jobs', [learned], { atMost: fixed }),
    figure(`${name}: most jobs held with a fixed size of ${FIXED_SIZE}`, 'jobs', [fixed]),
  ];
}

/** @returns the largest number of active jobs until this many requests have been answered */
async function mostHeldJobs(bench: Bench, textMs: number, further: Environment, requests: number): Promise<number> {
  const { seed, worker: script } = bench.options;
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn({ parallel: 1, textMs });
  try {
    await insertBlocks(db, BLOCKS, (n) => textOf(seed, n));
    const env = environmentOf(db, standIn, further);
    await runCommand(script, ['backfill', '--rate', '0', '--yes'], env);
    const worker = await BenchWorker.start(script, env);
    try {
      let most = 0;
      while ((await embeddingsAfter(standIn, 0)).length < requests) {
        worker.requireAlive();
        const [row] = await db.query<{ active: number }>(
          `SELECT ${BENCH_MARK} count(*)::int AS active FROM ${SCHEMA}.job WHERE name = 'embed-block' AND state = 'active'`,
        );
        most = Math.max(most, row?.active ?? 0);
        await sleep(POLL_MS);
      }
      return most;
    } finally {
      await worker.stop();
    }
  } finally {
    await standIn.stop();
    await db.drop();
  }
}
