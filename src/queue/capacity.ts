import type { Queryable } from '../postgres/database.js';
import { countQueued, type QueuedJobs } from './sql/count-queued.js';
import { lockCapacity } from './sql/lock-capacity.js';

/** Live jobs that may wait. Beyond them it is an import, whatever announces it, and the sweep takes over. */
export const MAX_WAITING_EDITS = 50_000;

/** So many times the limit may be delayed: beside it, thousands of blocks that fail or are locked would fill the queue. */
const DELAYED_PER_READY = 10;

/**
 * How many more jobs sweep, backfill and retry may insert: ready and active ones count against the limit, delayed ones
 * against ten times the limit.
 *
 * @returns 0 or more
 */
export function capacityBeside({ ready, delayed }: QueuedJobs, queueLimit: number): number {
  return Math.max(0, Math.min(queueLimit - ready, DELAYED_PER_READY * queueLimit - delayed));
}

/** The same, as it is now: others may fill the room before the answer is used. */
export async function freeCapacity(db: Queryable, schema: string, queueLimit: number): Promise<number> {
  return capacityBeside(await countQueued(db, schema), queueLimit);
}

/** The same for this transaction. Nobody else who asks is answered until it ends, so the room is still there for its jobs. */
export async function reserveCapacity(tx: Queryable, schema: string, queueLimit: number): Promise<number> {
  await lockCapacity(tx, schema);
  return await freeCapacity(tx, schema, queueLimit);
}
