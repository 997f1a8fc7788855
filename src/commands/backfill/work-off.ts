import { Blocks } from '../../blocks/blocks.js';
import { inspectBlocks } from '../../blocks/inspect.js';
import { EVERY_BLOCK } from '../../blocks/scope.js';
import { WAITING, type FoundStatus } from '../../blocks/status.js';
import { retryTransient } from '../../postgres/retry.js';
import { withLongTimeout } from '../../postgres/statement-timeout.js';
import { BackfillRun } from '../../backlog/backfill-run.js';
import { countInScope } from '../../backlog/sql/count-in-scope.js';
import { sleep } from '../../base/sleep.js';
import type { EmbedQueue } from '../../queue/embed-queue.js';
import { WorkNotifier } from '../../queue/work-notifier.js';
import { withQueue, type QueueContext } from '../context.js';
import { showProgress } from './progress.js';

/** The worker waits for its database as long as it takes, and so does this. */
const MAX_OUTAGE_MS = Number.POSITIVE_INFINITY;
/** What was written during a pass is left to the next, which need not hurry. */
const BETWEEN_PASSES_MS = 1_000;

/**
 * Enqueues all that is pending, for the workers of this process and any others, and follows it until no block waits any
 * more: pass after pass, since blocks may be written meanwhile.
 *
 * @returns whether every block that holds something to embed is `completed` now; undefined when it was aborted
 */
export async function workOff(context: QueueContext): Promise<boolean | undefined> {
  try {
    return await withQueue(context, (queue) => passAfterPass(context, queue));
  } catch (error) {
    if (context.signal.aborted) return undefined;
    throw error;
  }
}

async function passAfterPass(
  { config, database, signal, log }: QueueContext,
  queue: EmbedQueue,
): Promise<boolean | undefined> {
  const waker = new WorkNotifier({ database, queue: config.names.queue, log });
  const blocks = new Blocks(database, await inspectBlocks(database, config.tables));
  const count = async () => {
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
    const { waiting, completed, inError } = await count();
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
      },
      true,
    );
    const progress = showProgress({ run, expected: waiting, terminal: null, log });
    try {
      await run.run();
    } finally {
      progress.stop();
    }
    await sleep(BETWEEN_PASSES_MS, signal);
  }
}
