import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '../test/support/test-database.js';
import type { LaunchedStandIn } from '../stand-in/launch.js';
import type { Bench } from './scenario.js';
import { BenchWorker, runCommand, type Environment } from './worker.js';

export const SCHEMA = 'pgboss';
const PATIENCE_MS = 30 * 60_000;

/** What it took to embed a number of blocks. */
export interface WorkedOff {
  readonly blocks: number;
  /** From the first claim to the last vector stored. */
  readonly seconds: number;
  readonly startSeconds: number;
  readonly workerCpuSeconds: number;
  readonly postgresCpuSeconds: number;
  readonly peakRssBytes: number;
  readonly statements: number;
}

export interface WorkOffOptions {
  readonly bench: Bench;
  readonly db: TestDatabase;
  readonly standIn: LaunchedStandIn;
  readonly environment?: Environment;
  /** Of `backfill`, which enqueues before the worker starts. */
  readonly backfill?: readonly string[];
}

export function environmentOf(db: TestDatabase, standIn: LaunchedStandIn, further: Environment = {}): Environment {
  return { PALDOCS_DATABASE_URL: db.url, PALDOCS_OLLAMA_URL: standIn.url, ...further };
}

/**
 * Enqueues what is pending, starts a worker, waits until no job is live, and stops it.
 *
 * @throws Error when blocks are left that are not completed
 */
export async function workOff({ bench, db, standIn, environment, backfill = [] }: WorkOffOptions): Promise<WorkedOff> {
  const env = environmentOf(db, standIn, environment);
  await runCommand(bench.options.worker, ['backfill', '--rate', '0', '--yes', ...backfill], env);
  await db.query('SELECT pg_stat_statements_reset()');
  const postgresBefore = await bench.server.cpuSeconds();
  const worker = await BenchWorker.start(bench.options.worker, env);
  try {
    await untilIdle(db);
    const usage = await worker.usage();
    const postgresCpuSeconds = (await bench.server.cpuSeconds()) - postgresBefore;
    const [row] = await db.query<{ blocks: number; seconds: number }>(
      `SELECT count(*)::int AS blocks, extract(epoch FROM max(completed_on) - min(started_on))::float8 AS seconds
         FROM ${SCHEMA}.job WHERE name = 'embed-block' AND output->>'outcome' = 'completed'`,
    );
    const [left] = await db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM blocks WHERE embedding_status <> 'completed'`,
    );
    if (row === undefined || left?.n !== 0) throw new Error(`${left?.n ?? '?'} blocks are not completed`);
    return {
      ...row,
      startSeconds: worker.startSeconds,
      workerCpuSeconds: usage.cpuSeconds,
      postgresCpuSeconds,
      peakRssBytes: usage.peakRssBytes,
      statements: await statementsOf(db),
    };
  } finally {
    await worker.stop();
  }
}

/** Waits until no job is live, asking so rarely and cheaply that it costs nothing. */
export async function untilIdle(db: TestDatabase): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const [row] = await db.query<{ busy: boolean }>(
      `SELECT EXISTS (SELECT FROM ${SCHEMA}.job WHERE name = 'embed-block' AND state IN ('created', 'retry', 'active')) AS busy`,
    );
    if (row?.busy === false) return;
    if (Date.now() > deadline) throw new Error('jobs are still live');
    await sleep(50);
  }
}

/** Statements that the database was sent since the last reset, transactions' own (BEGIN, SET, COMMIT) included. */
export async function statementsOf(db: TestDatabase): Promise<number> {
  const [row] = await db.query<{ calls: number }>(
    `SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements s
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return row?.calls ?? 0;
}
