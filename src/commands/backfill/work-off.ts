import { Blocks } from '../../blocks/blocks.js';
import { inspectBlocks } from '../../blocks/inspect.js';
import { EVERY_BLOCK } from '../../blocks/scope.js';
import { WAITING, type FoundStatus } from '../../blocks/status.js';
import { retryTransient } from '../../postgres/retry.js';
import { withLongTimeout } from '../../postgres/statement-timeout.js';
import { BackfillRun } from '../../backlog/backfill-run.js';
import { countInScope } from '../../backlog/sql/count-in-scope.js';
import { sleep } from '../../base/sleep.js';
import type { Pause } from '../../queue/pause.js';
import type { EmbedQueue } from '../../queue/embed-queue.js';
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
  const countBlocks = async () => {
    const everything = { scope: EVERY_BLOCK, after: null, withJobs: true };
    const counts = await retryTransient(
      () => withLongTimeout(database, (tx) => countInScope(tx, config.names, blocks.table, everything)),
      { signal, maxWaitMs: MAX_OUTAGE_MS },
    );
    const of = (...statuses: readonly FoundStatus[]) =>
      counts.filter(({ status }) => statuses.includes(status)).reduce((sum, one) => sum + one.count, 0);
    return { waiting: of(...WAITING), completed: of('completed'), inError: of('error') };
  };
  for (;;) {
    const { waiting, completed, inError } = await countBlocks();
    if (signal.aborted) return undefined;
    if (waiting === 0) {
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
    const progress = showProgress({ run, expected: waiting, terminal: null, pause, log });
    try {
      await run.run();
    } finally {
      progress.stop();
    }
    await sleep(PASS_PAUSE_MS, signal);
  }
}
