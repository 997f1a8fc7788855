import { isBlockId } from '../blocks/block-id.js';
import type { BlocksTable } from '../blocks/table.js';
import type { FoundInSlice } from '../blocks/sql/read-slice.js';
import { ConfigurationError } from '../base/errors.js';
import { PRIORITY, type Priority } from '../queue/job.js';
import { retryBlocks, type Retried } from '../backlog/retry-failed.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import { withContext, withQueue, type CommandContext } from './context.js';
import { counted, printable, styled, writeJson, writeLines } from '../terminal/output.js';

export interface RetryOptions {
  readonly ids: readonly string[];
  readonly all: boolean;
  readonly json: boolean;
}

/** Blocks requeued in one transaction. */
const BATCH = 500;

/** Requeues blocks in `error`. Fails if one that was named could not be requeued. */
export async function runRetry({ ids, all, json }: RetryOptions): Promise<void> {
  if (all === ids.length > 0) {
    throw new ConfigurationError('OPTION', 'retry: name the blocks to requeue, or give --all (and not both)');
  }
  await withContext('retry', async (context) => {
    checkIds(ids, context.blocks.table);
    const batches = all ? inError(context) : inBatches(ids);
    const retried: Retried[] = [];
    await withQueue(context, async (queue) => {
      const retry = { ...context, queue };
      for await (const batch of batches) {
        const priority = await priorityFor(context, queue, retried.length);
        const results = await retryBlocks({ ...retry, priority }, batch);
        retried.push(...results);
        if (!json) await writeLines(results.map(toLine));
        if (context.signal.aborted) break;
      }
    });
    const requeued = retried.filter(({ outcome }) => outcome === 'requeued').length;
    if (json) await writeJson({ requeued, left: retried.length - requeued, blocks: retried });
    else await writeLines([summary(requeued, retried.length)]);
    return requeued === retried.length ? 0 : 1;
  });
}

/**
 * The first batch goes before all backlog. What follows goes behind, so that edits need not wait for it, and no further
 * than the queue's limit: the rest is left to the sweep.
 */
async function priorityFor({ config }: CommandContext, queue: EmbedQueue, before: number): Promise<Priority | null> {
  if (before === 0) return PRIORITY.live;
  return (await queue.freeCapacity(config.queueLimit)) > 0 ? PRIORITY.backlog : null;
}

function checkIds(ids: readonly string[], { idType }: BlocksTable): void {
  const wrong = ids.filter((id) => !isBlockId(id, idType)).map((id) => `"${printable(id)}"`);
  if (wrong.length === 0) return;
  const what = wrong.length === 1 ? 'is no id' : 'are no ids';
  throw new ConfigurationError('OPTION', `retry: ${wrong.join(', ')} ${what} of a block: ids are of type ${idType}`);
}

function* inBatches(given: readonly string[]): Generator<readonly string[]> {
  const ids = [...new Set(given)];
  for (let at = 0; at < ids.length; at += BATCH) yield ids.slice(at, at + BATCH);
}

async function* inError({ blocks }: CommandContext): AsyncGenerator<readonly string[]> {
  let after: string | null = null;
  for (;;) {
    const page: FoundInSlice[] = await blocks.slice({ after, limit: BATCH }, ['error']);
    if (page.length > 0) yield page.map(({ id }) => id);
    if (page.length < BATCH) return;
    after = page.at(-1)?.id ?? null;
  }
}

function toLine({ id, outcome, status }: Retried): string {
  const name = printable(id);
  switch (outcome) {
    case 'requeued':
      return `${styled('green', '✓')} ${name}  requeued`;
    case 'not in error':
      return `${styled('yellow', '!')} ${name}  not in error, but ${status ?? 'gone'}: left as it is`;
    case 'no such block':
      return `${styled('red', '✗')} ${name}  no such block`;
    case 'locked':
      return `${styled('red', '✗')} ${name}  locked by another transaction: left as it is, try again later`;
  }
}

function summary(requeued: number, of: number): string {
  if (of === 0) return 'No block is in error.';
  return requeued === of
    ? `${counted(requeued, 'block')} requeued; a worker takes them within seconds.`
    : `${requeued} of ${counted(of, 'block')} requeued.`;
}
