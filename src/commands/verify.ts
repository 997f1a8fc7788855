import type { ReadBlock } from '../blocks/blocks.js';
import { requirePrivileges } from '../blocks/checks/privileges.js';
import { requeueDrifted } from '../backlog/stored-vectors/requeue-drifted.js';
import { Verification } from '../backlog/stored-vectors/verification.js';
import { ProviderUnavailableError } from '../embedder/errors.js';
import { requireModel } from '../embedder/require-model.js';
import { retryTransient } from '../postgres/retry.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import { WorkNotifier } from '../queue/work-notifier.js';
import { tuneHeapForSize } from '../terminal/heap.js';
import { writeJson, writeLines } from '../terminal/output.js';
import { withContext, withQueue, type CommandContext } from './context.js';
import { openModel, type Model } from './verify/open-model.js';
import { readArguments, type VerifyArguments, type VerifyRequest } from './verify/options.js';
import { showProgress } from './verify/progress.js';
import { describeResult, DriftedBlocks, resultOf, type VerifyResult } from './verify/report.js';

/** How long the database may be down. */
const MAX_OUTAGE_MS = 300_000;
/** How long the embedding server may fail. */
const MAX_MODEL_OUTAGE_MS = 60_000;
/** How long it may fail at the start. */
const MAX_START_MS = 10_000;

/**
 * Compares stored vectors with what the model returns now, and requeues with `--fix` the blocks whose vectors differ. Exit
 * status 1 if drifted blocks are left, or if the embedding server failed.
 */
export async function runVerify(args: VerifyArguments): Promise<void> {
  const request = readArguments(args);
  tuneHeapForSize();
  await withContext('verify', async (context) => {
    if (args.fix) await requirePrivileges(context.database, context.blocks.table);
    const model = openModel({ ...context, table: context.blocks.table, maxOutageMs: MAX_MODEL_OUTAGE_MS });
    try {
      const run = (queue: EmbedQueue | null) => verify(context, model, queue, { ...request, json: args.json });
      return args.fix ? await withQueue(context, run) : await run(null);
    } finally {
      model.close();
    }
  });
}

/** @param queue null: nothing is requeued */
async function verify(
  context: CommandContext,
  model: Model,
  queue: EmbedQueue | null,
  request: VerifyRequest & { readonly json: boolean },
): Promise<number> {
  const { config, database, blocks, log } = context;
  await retryTransient(() => requireModel(model.provider, config.model, blocks.table.dimensions, context.signal), {
    signal: context.signal,
    maxWaitMs: MAX_START_MS,
    isRetryable: (error) => error instanceof ProviderUnavailableError,
  });
  const drifted = new DriftedBlocks(request.json);
  const waker = new WorkNotifier({ database, queue: config.names.queue, log });
  const verification = new Verification({
    ...{ database, blocks, embedder: model.embedder, log },
    ...request,
    ratePerSecond: request.ratePerSecond ?? config.backfillRatePerSecond,
    requestTexts: () => model.size.texts,
    expireMs: config.jobExpireSeconds * 1000,
    maxOutageMs: MAX_OUTAGE_MS,
    requeue: queue && requeueTo(queue, waker, context, model.signal),
    onDrifted: drifted.add,
    onRestart: drifted.clear,
    signal: model.signal,
  });
  const progress = showProgress({ verification, terminal: process.stderr.isTTY ? process.stderr : null, log });
  let complete = false;
  let failure: { readonly error: unknown } | undefined;
  try {
    await verification.run();
    complete = true;
  } catch (error) {
    if (!model.signal.aborted) failure = { error };
  } finally {
    progress.stop();
    await waker.settled();
  }
  const result = resultOf(verification, request, drifted, complete);
  await (request.json ? writeJson(result) : writeLines(describeResult(result)));
  if (failure !== undefined) throw failure.error;
  if (!complete) process.stderr.write(`embedding-worker: ${describeStop(model)}\n`);
  return isInOrder(result) ? 0 : 1;
}

function requeueTo(
  queue: EmbedQueue,
  waker: WorkNotifier,
  { config, database, blocks }: CommandContext,
  signal: AbortSignal,
) {
  const { queueLimit } = config;
  const requeue = { database, queue, blocks, waker, queueLimit, maxOutageMs: MAX_OUTAGE_MS, signal };
  return (read: readonly ReadBlock[]) => requeueDrifted(requeue, read);
}

/** If the model embeds none of the blocks, nothing was checked. */
function isInOrder({ complete, left, checked, notEmbedded }: VerifyResult): boolean {
  return complete && left === 0 && (checked > 0 || notEmbedded === 0);
}

function describeStop({ outage, provider }: Model): string {
  const { name } = provider.dialect;
  const why =
    outage === undefined ? 'interrupted' : `${name} has failed for ${MAX_MODEL_OUTAGE_MS / 1000} s (${outage})`;
  return `${why}: the result covers only the blocks that were compared before`;
}
