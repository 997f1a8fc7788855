import { WorkerError } from '../../base/errors.js';
import type { Config } from '../../config/config.js';
import { describeAddress } from '../../postgres/address.js';
import type { Database } from '../../postgres/database.js';
import { readServer } from '../../postgres/read-server.js';
import type { Logger } from '../../telemetry/logger.js';
import { writableFix } from './fixes.js';
import { waitForDatabase } from './wait-for-database.js';

export const READ_ONLY = 'is read-only, so nothing can be stored';

/** Has PostgreSQL's code for a read-only transaction, which counts as transient: a standby may be promoted. */
class ReadOnlyError extends WorkerError {}

/**
 * Waits until the database accepts writes: during a failover it may not.
 *
 * @throws WorkerError if it does not in time
 */
export async function requireWritable(db: Database, config: Config, log: Logger, signal: AbortSignal): Promise<void> {
  const ask = async () => {
    const { readOnly, role } = await readServer(db);
    if (!readOnly) return;
    const message = `PALDOCS_DATABASE_URL: ${describeAddress(config.databaseUrl)} ${READ_ONLY}`;
    throw new ReadOnlyError('25006', message, { fix: writableFix(role) });
  };
  await waitForDatabase(ask, config, log, signal);
}
