import type { Blocks } from '../blocks/blocks.js';
import type { Database } from '../postgres/database.js';
import { retryTransient } from '../postgres/retry.js';
import type { Logger } from '../telemetry/logger.js';
import type { Outstanding } from './outstanding.js';
import { sleep } from '../base/sleep.js';

/** Looking takes a twentieth of the time at most, and is never seldomer than every two seconds. */
const POLL_MIN_MS = 200;
const POLL_MAX_MS = 2_000;
const SHARE = 20;
/** With nothing ended for so long, something is likely wrong. */
const STALL_MS = 30_000;

export interface FollowOptions {
  readonly database: Database;
  readonly blocks: Blocks;
  readonly outstanding: Outstanding;
  /** Whether more may still be added. */
  readonly isOpen: () => boolean;
  /** How long the database may be away. */
  readonly maxOutageMs: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Follows blocks until each has ended, and no more are to come; early when aborted. */
export async function follow(options: FollowOptions): Promise<void> {
  const { database, blocks, outstanding, isOpen, maxOutageMs, signal, log } = options;
  let progressAt = performance.now();
  while (!signal.aborted && (isOpen() || outstanding.size > 0)) {
    const started = performance.now();
    const ended = await retryTransient(() => outstanding.poll(database, blocks), { signal, maxWaitMs: maxOutageMs });
    const now = performance.now();
    if (ended > 0 || outstanding.size === 0) progressAt = now;
    if (now - progressAt > STALL_MS) {
      progressAt = now;
      log.warn('no block was embedded for a while; see: embedding-worker status', {
        seconds: STALL_MS / 1000,
        waiting: outstanding.size,
      });
    }
    await sleep(Math.min(POLL_MAX_MS, Math.max(POLL_MIN_MS, (now - started) * SHARE)), signal);
  }
}
