import type { Blocks } from '../blocks/blocks.js';
import type { Database } from '../postgres/database.js';
import { retryTransient } from '../postgres/retry.js';
import type { Logger } from '../telemetry/logger.js';
import type { Outstanding } from './outstanding.js';
import { sleep } from '../base/sleep.js';

/** Polling takes at most a twentieth of the time, and happens at least every two seconds. */
const POLL_MIN_MS = 200;
const POLL_MAX_MS = 2_000;
const PAUSE_FACTOR = 20;
/** If no block ends for this long, something is probably wrong. */
const STALL_MS = 30_000;

export interface FollowOptions {
  readonly database: Database;
  readonly blocks: Blocks;
  readonly outstanding: Outstanding;
  /** Whether more blocks may be added. */
  readonly isOpen: () => boolean;
  /** How long the database may be unavailable. */
  readonly maxOutageMs: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Polls blocks until all have ended and no more can be added; earlier when aborted. */
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
    await sleep(Math.min(POLL_MAX_MS, Math.max(POLL_MIN_MS, (now - started) * PAUSE_FACTOR)), signal);
  }
}
