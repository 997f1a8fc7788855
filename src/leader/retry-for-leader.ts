import { isTransient, reactionTo } from '../postgres/sqlstate.js';
import type { Hold } from '../postgres/hold.js';
import { errorCode } from '../base/errors.js';
import { persist } from '../postgres/persist.js';
import type { Logger } from '../telemetry/logger.js';

/** How long the database may be away before what was notified is left to the sweep. */
const MAX_OUTAGE_MS = 60_000;

/**
 * Runs what the leader reads or writes, and again while the database is away, waits for a lock, or all work is held.
 *
 * @throws the database's error where no waiting helps, or it took too long; the reason of the signal
 */
export async function retryForLeader<T>(
  { hold, log }: { readonly hold: Hold; readonly log: Logger },
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const options = { hold, log, maxOutageMs: MAX_OUTAGE_MS, draining: signal, giveUp: signal, isWorthIt };
  const explains = (error: unknown) => hold.explainsForAll(error);
  return await persist({ ...options, explains }, signal, work);
}

const isWorthIt = (error: Error) => isTransient(error) && reactionTo(error) !== 'hold' && errorCode(error) !== '55P03';
