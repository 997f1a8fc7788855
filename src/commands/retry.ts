import { findByCondition } from '../blocks/sql/find-by-condition.js';
import { ConfigurationError } from '../base/errors.js';
import { PRIORITY, type Priority } from '../queue/job.js';
import { retryBlocks, type Retried } from '../backlog/retry-failed.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import { withContext, withQueue, type CommandContext } from './context.js';
import { requireIds } from './require-ids.js';
import { counted, printable, styled, writeJson, writeLines } from '../terminal/output.js';

export interface RetryOptions {
  readonly ids: readonly string[];
  readonly all: boolean;
  readonly json: boolean;
}

/** Blocks per transaction. */
const BATCH_SIZE = 500;

/** Requeues blocks in `error`. Exit status 1 if one that was named could not be requeued. */
export async function runRetry({ ids, all, json }: RetryOptions): Promise<void> {
  if (all === ids.length > 0) {
    throw new ConfigurationError('OPTION', 'retry: give either the ids of the blocks to requeue or --all');
  }
  await withContext('retry', async (context) => {
    requireIds('retry', ids, context.blocks.table.idType);
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
 * The first batch goes before all backlog. Later ones join the backlog, so edits need not wait for them, and stop at the
 * queue's limit: the sweep enqueues the rest.
 */
async function priorityFor({ config }: CommandContext, queue: EmbedQueue, before: number): Promise<Priority | null> {
  if (before === 0) return PRIORITY.live;
  return (await queue.freeCapacity(config.queueLimit)) > 0 ? PRIORITY.backlog : null;
}

function* inBatches(given: readonly string[]): Generator<readonly string[]> {
  const ids = [...new Set(given)];
  for (let at = 0; at < ids.length; at += BATCH_SIZE) yield ids.slice(at, at + BATCH_SIZE);
}

async function* inError({ database, blocks }: CommandContext): AsyncGenerator<readonly string[]> {
  let after: string | null = null;
  do {
    const ids: string[] = await findByCondition(database, blocks.table, 'error', { after, limit: BATCH_SIZE });
    if (ids.length > 0) yield ids;
    after = ids.length < BATCH_SIZE ? null : (ids.at(-1) ?? null);
  } while (after !== null);
}

function toLine({ id, outcome, status }: Retried): string {
  const name = printable(id);
  switch (outcome) {
    case 'requeued':
      return `${styled('green', '✓')} ${name}  requeued`;
    case 'not in error':
      return `${styled('yellow', '!')} ${name}  ${status ?? 'gone'}, not in error: left unchanged`;
    case 'no such block':
      return `${styled('red', '✗')} ${name}  no such block`;
    case 'locked':
      return `${styled('red', '✗')} ${name}  locked by another transaction: left unchanged; try again later`;
  }
}

function summary(requeued: number, of: number): string {
  if (of === 0) return 'No block is in error.';
  return requeued === of
    ? `${counted(requeued, 'block')} requeued; workers pick them up within seconds.`
    : `${requeued} of ${counted(of, 'block')} requeued.`;
}
