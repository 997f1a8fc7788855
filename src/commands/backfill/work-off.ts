import { Blocks } from '../../blocks/blocks.js';
import { inspectBlocks } from '../../blocks/inspect.js';
import { EVERY_BLOCK } from '../../blocks/scope.js';
import { WAITING, type FoundStatus } from '../../blocks/status.js';
import { retryTransient } from '../../postgres/retry.js';
import { BackfillRun } from '../../backlog/backfill-run.js';
import { countScope } from '../../backlog/count-scope.js';
import { sleep } from '../../base/sleep.js';
import type { Pause } from '../../queue/pause.js';
import type { EmbedQueue } from '../../queue/embed-queue.js';
import { countQueued } from '../../queue/sql/count-queued.js';
import { WorkNotifier } from '../../queue/work-notifier.js';
import { withQueue, type QueueContext } from '../context.js';
import { showProgress } from './progress.js';

/** The worker waits for its database without a limit, and so does this. */
const MAX_OUTAGE_MS = Number.POSITIVE_INFINITY;
/** Pause between two passes; blocks written during a pass are left to the next. */
const PASS_PAUSE_MS = 1_000;

export interface WorkOffContext extends QueueContext {
  /** What is paused by request; null if nothing is. */
  readonly pause: () => Pause | null;
}

/**
 * Enqueues all pending blocks, for the workers of this process and any others, and waits until none is left: pass after
 * pass, because blocks may be written meanwhile.
 *
 * @returns whether every block with something to embed is `completed`; undefined if aborted
 */
export async function workOff(context: WorkOffContext): Promise<boolean | undefined> {
  try {
    return await withQueue(context, (queue) => runPasses(context, queue));
  } catch (error) {
    if (context.signal.aborted) return undefined;
    throw error;
  }
}

async function runPasses(
  { config, database, pause, signal, log }: WorkOffContext,
  queue: EmbedQueue,
): Promise<boolean | undefined> {
  const waker = new WorkNotifier({ database, queue: config.names.queue, log });
  const blocks = new Blocks(database, await inspectBlocks(database, config.tables));
  const { names } = config;
  const scope = { database, table: blocks.table, names, scope: EVERY_BLOCK, after: null, withJobs: true, exact: true };
  const retried = <T>(work: () => Promise<T>) => retryTransient(work, { signal, maxWaitMs: MAX_OUTAGE_MS });
  for (;;) {
    // Before the count: a row that a worker moves meanwhile may be missing from it.
    const jobs = await retried(() => countQueued(database, names));
    const { counts } = await retried(() => countScope(scope));
    if (signal.aborted) return undefined;
    const count = (statuses: readonly FoundStatus[]) =>
      counts.filter(({ status }) => statuses.includes(status)).reduce((sum, one) => sum + one.count, 0);
    const waiting = count(WAITING);
    if (waiting === 0 && jobs.ready + jobs.delayed === 0) {
      const [completed, inError] = [count(['completed']), count(['error'])];
      if (inError === 0) log.info('all blocks are embedded', { completed });
      else log.error('blocks are in error; see: embedding-worker errors', { completed, inError });
      return inError === 0;
    }
    const run = new BackfillRun(
      {
        ...{ database, queue, blocks, signal, log },
        queueLimit: config.queueLimit,
        waker,
        scope: EVERY_BLOCK,
        requeued: [],
        after: null,
        ratePerSecond: config.backfillRatePerSecond,
        batchSize: config.backfillBatchSize,
        maxOutageMs: MAX_OUTAGE_MS,
        isPaused: () => pause() !== null,
      },
      true,
    );
    const expected = () => ({ found: waiting, estimated: false });
    const progress = showProgress({ run, expected, terminal: null, pause, log });
    try {
      await run.run();
    } finally {
      progress.stop();
    }
    await sleep(PASS_PAUSE_MS, signal);
  }
}
