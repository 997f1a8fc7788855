import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '../../test/support/test-database.js';
import type { LaunchedStandIn } from '../stand-in/launch.js';
import { readMetric } from '../../test/support/worker-http.js';
import type { Bench } from './scenario.js';
import { BENCH_MARK, longestStatement, resetStatements, statementsOf, type LongestStatement } from './statements.js';
import { sweepsUntil } from './sweeps.js';
import { cpuSecondsOfTree } from './usage.js';
import { verifyVectors } from './verify.js';
import { BenchWorker, runCommand, type Environment } from './worker.js';

export const SCHEMA = 'pgboss';
const TIMEOUT_MS = 30 * 60_000;
const ALL_JOBS = '1000000';
const IDLE_POLL_MS = 250;
const COMPLETED_POLL_MS = 500;
export const RSS_SAMPLE_MS = 100;

/** What it cost to embed a number of blocks. */
export interface EmbeddingCost {
  readonly blocks: number;
  /** From the first claim to the last vector stored. */
  readonly seconds: number;
  readonly startSeconds: number;
  readonly workerCpuSeconds: number;
  readonly postgresCpuSeconds: number;
  /** Counted because the stand-in shares the machine, which a model would not. */
  readonly standInCpuSeconds: number;
  readonly peakRssBytes: number;
  /** Resident memory, sampled every `RSS_SAMPLE_MS`. */
  readonly rssBytes: readonly number[];
  readonly statements: number;
  readonly longest: LongestStatement;
}

export interface EmbedPendingOptions {
  readonly bench: Bench;
  readonly db: TestDatabase;
  readonly standIn: LaunchedStandIn;
  readonly environment?: Environment;
  /**
   * How the blocks are enqueued: by `backfill` before the worker starts; by the worker's own sweep; or by `backfill` after
   * the worker's first sweep, which reads the whole table and would otherwise run at the same time as the work.
   */
  readonly enqueue?: 'backfill' | 'sweep' | { readonly afterSweep: () => Promise<unknown>; readonly after: string };
  /** The blocks to embed, if others are already completed. */
  readonly ids?: readonly string[];
}

/** Keeps all settled jobs of a run, since its figures are read from them. */
export function environmentOf(db: TestDatabase, standIn: LaunchedStandIn, further: Environment = {}): Environment {
  return {
    PALDOCS_DATABASE_URL: db.url,
    PALDOCS_OLLAMA_URL: standIn.url,
    PALDOCS_JOB_RETENTION_LIMIT: ALL_JOBS,
    ...further,
  };
}

/**
 * Embeds all pending blocks: starts a worker, waits until no job is live, and stops it. Call `forgetJobs` before a second
 * run on the same database.
 *
 * @throws Error if a block is not completed or has a wrong vector
 */
export async function embedPending(options: EmbedPendingOptions): Promise<EmbeddingCost> {
  const { bench, db, standIn, environment, enqueue = 'backfill', ids } = options;
  const env = environmentOf(db, standIn, environment);
  const backfill = ['backfill', '--rate', '0', '--yes'];
  if (enqueue === 'backfill') await runCommand(bench.options.worker, backfill, env);
  await resetStatements(db);
  const postgresBefore = await bench.server.cpuSeconds();
  const standInBefore = await cpuSecondsOfTree(standIn.pid);
  const worker = await BenchWorker.start(bench.options.worker, env);
  const watched = new AbortController();
  try {
    const watching = watchRss(worker, watched.signal);
    if (enqueue === 'sweep') await untilCompleted(db, worker);
    if (typeof enqueue === 'object') {
      await sweepsUntil(worker, 1);
      await enqueue.afterSweep();
      await runCommand(bench.options.worker, [...backfill, '--after', enqueue.after], env);
    }
    await untilIdle(db, [worker]);
    watched.abort();
    const usage = await worker.usage();
    const postgresCpuSeconds = (await bench.server.cpuSeconds()) - postgresBefore;
    const standInCpuSeconds = (await cpuSecondsOfTree(standIn.pid)) - standInBefore;
    const statements = await statementsOf(db);
    const longest = await longestStatement(db);
    const done = await completedJobs(db);
    await requireCompleted(db);
    await verifyVectors(db, ids);
    return {
      ...done,
      startSeconds: worker.startSeconds,
      workerCpuSeconds: usage.cpuSeconds,
      postgresCpuSeconds,
      standInCpuSeconds,
      peakRssBytes: usage.peakRssBytes,
      rssBytes: await watching,
      statements,
      longest,
    };
  } finally {
    watched.abort();
    await worker.stop();
  }
}

/** @throws Error with the number of blocks that are not completed */
export async function requireCompleted(db: TestDatabase): Promise<void> {
  const [left] = await db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM blocks WHERE embedding_status <> 'completed'`,
  );
  if (left?.n !== 0) throw new Error(`${left?.n ?? '?'} blocks are not completed`);
}

/** How many jobs stored a vector, and the time from the first claim to the last vector. */
export async function completedJobs(db: TestDatabase): Promise<{ readonly blocks: number; readonly seconds: number }> {
  const [row] = await db.query<{ blocks: number; seconds: number | null }>(
    `SELECT count(*)::int AS blocks, extract(epoch FROM max(completed_on) - min(started_on))::float8 AS seconds
       FROM ${SCHEMA}.job WHERE name = 'embed-block' AND output->>'outcome' = 'stored'`,
  );
  if (row?.seconds == null) throw new Error('no block was embedded');
  return { blocks: row.blocks, seconds: row.seconds };
}

/** Deletes settled jobs, which pg-boss keeps for a day, so that every run on a database starts in the same state. */
export async function forgetJobs(db: TestDatabase): Promise<void> {
  const [row] = await db.query<{ exists: boolean }>(`SELECT to_regclass('${SCHEMA}.job') IS NOT NULL AS exists`);
  if (row?.exists !== true) return; // the first run
  await db.query(`DELETE FROM ${SCHEMA}.job WHERE name = 'embed-block'`);
  await db.query(`VACUUM (ANALYZE) ${SCHEMA}.job`);
}

/**
 * Waits until no job is live. The query is rare and cheap: it follows an index. Without one it would read all settled jobs
 * before the first waiting one.
 *
 * @throws Error if a worker ends
 */
export async function untilIdle(db: TestDatabase, workers: readonly BenchWorker[]): Promise<void> {
  const job = `SELECT id FROM ${SCHEMA}.job WHERE name = 'embed-block' AND NOT blocked`;
  const waiting = `${job} AND state < 'active' ORDER BY priority DESC, created_on LIMIT 1`;
  const active = `${job} AND state = 'active' ORDER BY start_after LIMIT 1`;
  const busy = `SELECT ${BENCH_MARK} (${waiting}) IS NOT NULL OR (${active}) IS NOT NULL AS busy`;
  await untilFalse(db, busy, IDLE_POLL_MS, workers);
}

/** Waits until no block is pending or processing. That query reads the whole table, so the worker's metric tells when to start asking. */
async function untilCompleted(db: TestDatabase, worker: BenchWorker): Promise<void> {
  const [waiting] = await db.query<{ n: number }>(
    `SELECT ${BENCH_MARK} count(*)::int AS n FROM blocks WHERE embedding_status = 'pending'`,
  );
  const wanted = waiting?.n ?? 0;
  const deadline = Date.now() + TIMEOUT_MS;
  while (((await readMetric(worker.url, 'embedding_total{outcome="completed"}')) ?? 0) < wanted) {
    worker.requireAlive();
    if (Date.now() > deadline)
      throw new Error(`not all of ${wanted} blocks were embedded within ${TIMEOUT_MS / 60_000} minutes`);
    await sleep(COMPLETED_POLL_MS);
  }
  const busy = `SELECT ${BENCH_MARK} EXISTS (SELECT FROM blocks WHERE embedding_status IN ('pending', 'processing')) AS busy`;
  await untilFalse(db, busy, COMPLETED_POLL_MS, [worker]);
}

async function untilFalse(
  db: TestDatabase,
  sql: string,
  everyMs: number,
  workers: readonly BenchWorker[],
): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const [row] = await db.query<{ busy: boolean }>(sql);
    if (row?.busy === false) return;
    for (const worker of workers) worker.requireAlive();
    if (Date.now() > deadline) throw new Error(`still true after ${TIMEOUT_MS / 60_000} minutes: ${sql}`);
    await sleep(everyMs);
  }
}

async function watchRss(worker: BenchWorker, signal: AbortSignal): Promise<number[]> {
  const bytes: number[] = [];
  while (!signal.aborted) {
    const usage = await worker.usage().catch(() => undefined); // if it ended, the function that waits for its work throws
    if (usage !== undefined) bytes.push(usage.rssBytes);
    await sleep(RSS_SAMPLE_MS, undefined, { signal }).catch(() => undefined);
  }
  return bytes;
}
