import type { Queryable } from '../database/database.js';
import { countLive } from './sql/count-live.js';
import { lockRoom } from './sql/lock-room.js';

/**
 * How many jobs may be inserted in this transaction until the queue holds `queueLimit`. Nobody else who asks is
 * answered until it ends, so the answer still holds when the jobs are inserted.
 *
 * @returns 0 or more
 */
export async function claimRoom(tx: Queryable, schema: string, queueLimit: number): Promise<number> {
  await lockRoom(tx, schema);
  return Math.max(0, queueLimit - (await countLive(tx, schema)));
}
