import type { Queryable } from '../postgres/database.js';
import type { QueueNames } from './queue-names.js';
import { countQueued, type QueuedJobs } from './sql/count-queued.js';
import { lockCapacity } from './sql/lock-capacity.js';

/** Live jobs that may wait. More than this is an import, and the sweep takes over. */
export const MAX_WAITING_EDITS = 50_000;

/** Delayed jobs have a separate limit, this times the queue's: otherwise failing or locked blocks could fill the queue. */
const DELAYED_LIMIT_FACTOR = 10;

/**
 * How many jobs sweep, backfill and retry may add to these: ready and active ones count against the limit,
 * delayed ones against ten times the limit.
 *
 * @returns 0 or more
 */
export function capacityBeside({ ready, delayed }: QueuedJobs, queueLimit: number): number {
  return Math.max(0, Math.min(queueLimit - ready, DELAYED_LIMIT_FACTOR * queueLimit - delayed));
}

/** The capacity that is free now, without reserving it: others may use it first. */
export async function freeCapacity(db: Queryable, names: QueueNames, queueLimit: number): Promise<number> {
  return capacityBeside(await countQueued(db, names), queueLimit);
}

/** The free capacity, reserved for this transaction: until it ends, other transactions that ask wait. */
export async function reserveCapacity(tx: Queryable, names: QueueNames, queueLimit: number): Promise<number> {
  await lockCapacity(tx, names);
  return await freeCapacity(tx, names, queueLimit);
}
