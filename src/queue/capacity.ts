import type { Queryable } from '../postgres/database.js';
import type { QueueNames } from './queue-names.js';
import { countQueued, type QueuedJobs } from './sql/count-queued.js';
import { lockCapacity } from './sql/lock-capacity.js';

/** Live jobs that may wait. Beyond them it is an import, whatever announces it, and the sweep takes over. */
export const MAX_WAITING_EDITS = 50_000;

/** Delayed jobs have a limit of their own, so many times the queue's: thousands of failing or locked blocks would fill it. */
const DELAYED_LIMIT_FACTOR = 10;

/**
 * How many more jobs sweep, backfill and retry may insert beside these: ready and active ones count against the limit,
 * delayed ones against ten times the limit.
 *
 * @returns 0 or more
 */
export function capacityBeside({ ready, delayed }: QueuedJobs, queueLimit: number): number {
  return Math.max(0, Math.min(queueLimit - ready, DELAYED_LIMIT_FACTOR * queueLimit - delayed));
}

/** The capacity that is free now: others may use it before the answer is acted on. */
export async function freeCapacity(db: Queryable, names: QueueNames, queueLimit: number): Promise<number> {
  return capacityBeside(await countQueued(db, names), queueLimit);
}

/** The capacity for this transaction. Until it ends, others who ask wait, so the capacity is still free for its jobs. */
export async function reserveCapacity(tx: Queryable, names: QueueNames, queueLimit: number): Promise<number> {
  await lockCapacity(tx, names);
  return await freeCapacity(tx, names, queueLimit);
}
