import type { Config } from '../../config/config.js';
import { describeAddress } from '../../postgres/address.js';
import { retryTransient } from '../../postgres/retry.js';
import type { Logger } from '../../telemetry/logger.js';

/** A server that is just starting gets this long. Then the process ends, and its supervisor starts it again. */
const START_WAIT_MS = 30_000;

/**
 * Repeats `ask` while it fails for a reason that may pass.
 *
 * @throws the error of `ask`: immediately if waiting cannot help, otherwise after 30 s
 */
export async function waitForDatabase(
  ask: () => Promise<void>,
  config: Config,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const database = describeAddress(config.databaseUrl);
  await retryTransient(ask, {
    signal,
    maxWaitMs: START_WAIT_MS,
    onRetry: (error) => {
      log.warn('cannot reach the database yet; retrying', { database, error });
    },
  });
}
