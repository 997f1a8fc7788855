import type { TestDatabase } from '../../test/support/test-database.js';
import { readMetric } from '../../test/support/worker-http.js';
import type { LaunchedStandIn } from '../stand-in/launch.js';
import type { RequestRecord } from '../stand-in/request-log.js';
import { completedJobs, environmentOf, requireCompleted, untilIdle } from './embed-pending.js';
import { median, type Bench } from './scenario.js';
import { verifyVectors } from './verify.js';
import { BenchWorker, runCommand, stopAll } from './worker.js';

/** Fewer pending blocks than this may have been claimed before the last edit was answered. */
const LEAST_BACKLOG = 100;

/** How several workers embedded a backlog together. */
export interface BacklogRun {
  readonly blocks: number;
  /** From the first claim to the last vector stored. */
  readonly seconds: number;
  /** Number of texts in each request, in the order of their arrival. */
  readonly requestSizes: readonly number[];
  /** Size of a backlog request at the end, in texts, as the metrics show it: the median over the workers. */
  readonly learnedSize: number | undefined;
  /** Of the largest worker. */
  readonly peakRssBytes: number;
}

/**
 * Enqueues all pending blocks, starts this many workers, and waits until no job is live.
 *
 * @throws Error if a block is not completed, has a wrong vector, or was embedded twice
 */
export async function embedBacklog(
  bench: Bench,
  db: TestDatabase,
  standIn: LaunchedStandIn,
  workerCount: number,
): Promise<BacklogRun> {
  const { worker: script } = bench.options;
  const [pending] = await db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM blocks WHERE embedding_status = 'pending'`,
  );
  const env = environmentOf(db, standIn, { PALDOCS_QUEUE_LIMIT: String(pending?.n ?? 0) });
  await runCommand(script, ['backfill', '--rate', '0', '--yes'], env);
  const { requests: before } = await standIn.stats();
  const workers: BenchWorker[] = [];
  try {
    const starts = Array.from({ length: workerCount }, () => BenchWorker.start(script, env));
    for (const start of await Promise.allSettled(starts)) {
      if (start.status === 'rejected') throw start.reason;
      workers.push(start.value);
    }
    await untilIdle(db, workers);
    const learned = await Promise.all(workers.map(({ url }) => readMetric(url, 'embedding_request_size')));
    const known = learned.filter((size) => size !== undefined);
    const usages = await Promise.all(workers.map((worker) => worker.usage()));
    const done = await completedJobs(db);
    await requireCompleted(db);
    await verifyVectors(db);
    return {
      ...done,
      requestSizes: requireOnce(await embeddingsAfter(standIn, before), done.blocks),
      learnedSize: known.length === 0 ? undefined : median(known),
      peakRssBytes: Math.max(...usages.map(({ peakRssBytes }) => peakRssBytes)),
    };
  } finally {
    await stopAll(workers);
  }
}

/** The requests with numbers above `after` that were answered with vectors. */
export async function embeddingsAfter(standIn: LaunchedStandIn, after: number): Promise<readonly RequestRecord[]> {
  return (await standIn.requests(after)).filter(({ embedded, texts }) => embedded && texts > 0);
}

/** @throws Error if so few blocks are pending that the workers may have run out of them */
export async function requireBacklog(db: TestDatabase): Promise<void> {
  const [row] = await db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM blocks WHERE embedding_status = 'pending'`,
  );
  if ((row?.n ?? 0) < LEAST_BACKLOG) throw new Error('the backlog was finished before the edits were measured');
}

/** @returns the size of each request @throws Error if more texts were embedded than there are blocks */
function requireOnce(requests: readonly RequestRecord[], blocks: number): number[] {
  const sizes = requests.map(({ texts }) => texts);
  const texts = sizes.reduce((sum, size) => sum + size, 0);
  if (texts > blocks * 1.001 + 100) throw new Error(`${texts} texts were embedded for ${blocks} blocks`);
  return sizes;
}
