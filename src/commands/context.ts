import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { PgBoss } from 'pg-boss';
import { inspectBlocks } from '../blocks/inspect.js';
import type { BlocksTable } from '../blocks/table.js';
import { loadConfig, type Config } from '../config/config.js';
import type { Database } from '../postgres/database.js';
import type { Postgres } from '../postgres/postgres.js';
import { openPostgres } from './connect/open-postgres.js';
import { requireReachable } from './connect/require-reachable.js';
import { MAX_INSTANCE_BYTES } from '../leader/replicas.js';
import { loggerForTerminal, type Logger } from '../telemetry/logger.js';
import { createBoss, ensureQueues, startBoss } from '../queue/boss.js';
import { INTERRUPTED, Interruption } from '../terminal/interruption.js';

/** What a command opens at once is little: it runs beside the worker and takes no connections from it. */
const COMMAND_POOL_SIZE = 3;

/** What a command works with. */
export interface CommandContext {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Postgres;
  readonly table: BlocksTable;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** What sending jobs takes. */
export type BossContext = Pick<CommandContext, 'config' | 'log' | 'signal'> & { readonly database: Database };

const UNIQUE_LENGTH = 8;

/**
 * Names this process among those that are connected to the same database: the end of the host's name, where Kubernetes
 * puts what tells one pod from another, and something unique. It fits into application_name with all that stands beside it.
 */
export function instanceName(host = hostname()): string {
  const unique = randomUUID().slice(0, UNIQUE_LENGTH);
  const [label = ''] = host.split('.');
  const end = label.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(UNIQUE_LENGTH + 1 - MAX_INSTANCE_BYTES);
  return [end.replace(/^[-_]+/, ''), unique].filter((part) => part !== '').join('-');
}

/**
 * Runs a command that works on the database: reads the configuration, connects, reads the tables' types, and closes
 * everything afterwards. Sets the exit status to what `run` returns, or to 130 when it was interrupted.
 */
export async function withContext(name: string, run: (context: CommandContext) => Promise<number>): Promise<void> {
  const config = loadConfig();
  const log = loggerForTerminal(config.logLevel);
  const applicationName = `embedding-worker ${name} ${instanceName()}`.slice(0, 63);
  const database = openPostgres(config, { applicationName, poolSize: COMMAND_POOL_SIZE }, log);
  const interruption = new Interruption();
  const { signal } = interruption;
  try {
    await requireReachable(database, config, log, signal);
    const table = await inspectBlocks(database, config.tables);
    database.useVectorType(table.vectorTypeOid);
    const status = await run({ config, log, database, table, signal });
    process.exitCode = signal.aborted ? INTERRUPTED : status;
  } catch (error) {
    if (!signal.aborted) throw error;
    process.exitCode = INTERRUPTED;
  } finally {
    await database.close();
    interruption.close();
  }
}

/** Runs `run` with a pg-boss that only sends: it supervises nothing and is not listed among the workers. */
export async function withBoss<T>(
  { config, database, log, signal }: BossContext,
  run: (boss: PgBoss) => Promise<T>,
): Promise<T> {
  const boss = await createBoss(database, config, { instanceName: 'command', log, sendOnly: true });
  await startBoss(boss, config);
  try {
    await ensureQueues(boss, config, { update: false, signal });
    return await run(boss);
  } finally {
    await boss.stop({ close: false, graceful: false });
  }
}
