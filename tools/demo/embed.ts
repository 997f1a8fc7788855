import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkerError } from '../../src/base/errors.js';
import type { Worker } from '../../src/worker.js';
import { countByTypeAndStatus } from './blocks.js';
import { insertDocuments } from './documents/insert.js';
import type { Document } from './documents/find.js';
import { Progress } from './progress.js';
import { StallTimeout } from './stall-timeout.js';
import type { Stage } from './stage.js';

const POLL_MS = 250;
/** Becoming the leader and the first sweep normally take milliseconds. */
const START_TIMEOUT_MS = 60_000;

export interface EmbedReport {
  /** Until the worker had started and swept for the first time. */
  readonly startMs: number;
  /** From then until no block was waiting. */
  readonly embedMs: number;
  /** Numbers of blocks. */
  readonly foundBySweep: number;
  readonly announced: number;
  readonly skipped: number;
}

/**
 * Starts the worker, whose first sweep finds the blocks that are already there. Inserts more while it works, which NOTIFY
 * announces. Returns when no block is waiting.
 *
 * @param total number of blocks, including those inserted later
 * @param arriving documents to insert while the worker works
 * @throws WorkerError if the worker makes no progress for too long
 */
export async function embedAll(
  stage: Stage,
  worker: Worker,
  total: number,
  arriving: readonly Document[],
): Promise<EmbedReport> {
  const { events, signal, database, table } = stage;
  let foundBySweep = 0;
  let announced = 0;
  events.on('swept', ({ enqueued }) => (foundBySweep += enqueued));
  events.on('filled', ({ enqueued }) => (foundBySweep += enqueued));
  events.on('bridged', ({ enqueued, raised }) => (announced += enqueued + raised));

  const started = performance.now();
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
  const swept = once(events, 'swept', { signal: AbortSignal.any([signal, timeout]) }).catch((error: unknown) => {
    if (!timeout.aborted) throw error;
    throw new WorkerError('DEMO_STALLED', 'the worker did not finish its first sweep; see the warnings above');
  });
  await Promise.all([worker.start(), swept]);
  const working = performance.now();

  const progress = new Progress(total);
  try {
    await watch(stage, progress, ({ completed }) => completed > 0);
    await insertDocuments(database, table, arriving);
    const { skipped } = await watch(stage, progress, ({ waiting }) => waiting === 0);
    const embedMs = performance.now() - working;
    return { startMs: working - started, embedMs, foundBySweep, announced, skipped };
  } finally {
    progress.end();
  }
}

interface Counts {
  readonly completed: number;
  readonly skipped: number;
  /** `pending` or `processing`. */
  readonly waiting: number;
  readonly total: number;
}

/** Shows how many blocks are settled, until the condition holds. */
async function watch(stage: Stage, progress: Progress, isEnough: (counts: Counts) => boolean): Promise<Counts> {
  const timeout = new StallTimeout(stage.config);
  for (;;) {
    const counts = await count(stage);
    const settled = counts.total - counts.waiting;
    progress.update(settled);
    if (isEnough(counts)) return counts;
    timeout.check(settled);
    await sleep(POLL_MS, undefined, { signal: stage.signal });
  }
}

async function count({ database, table }: Stage): Promise<Counts> {
  const counts = await countByTypeAndStatus(database, table);
  const having = (...statuses: readonly string[]) =>
    counts.reduce((sum, { status, count: blocks }) => sum + (statuses.includes(status) ? blocks : 0), 0);
  return {
    completed: having('completed'),
    skipped: having('skipped'),
    waiting: having('pending', 'processing'),
    total: counts.reduce((sum, { count: blocks }) => sum + blocks, 0),
  };
}
