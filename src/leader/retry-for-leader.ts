import { isTransient, reactionTo } from '../postgres/sqlstate.js';
import type { Hold } from '../postgres/hold.js';
import { errorCode } from '../base/errors.js';
import { withRetry } from '../postgres/with-retry.js';
import type { Logger } from '../telemetry/logger.js';

/** How long the database may be away before notified blocks are left to the sweep. */
const MAX_OUTAGE_MS = 60_000;

/**
 * Runs one read or write of the leader, and repeats it while the database is away, a table is locked, or work is held.
 *
 * @throws the database's error when waiting does not help or took too long; the signal's reason
 */
export async function retryForLeader<T>(
  { hold, log }: { readonly hold: Hold; readonly log: Logger },
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const options = { hold, log, maxOutageMs: MAX_OUTAGE_MS, draining: signal, giveUp: signal, isRetryable };
  const explains = (error: unknown) => hold.explainsForAll(error);
  return await withRetry({ ...options, explains }, signal, work);
}

const isRetryable = (error: Error) =>
  isTransient(error) && reactionTo(error) !== 'hold' && errorCode(error) !== '55P03';
