import { inspectBlocks } from '../blocks/inspect.js';
import { Blocks } from '../blocks/blocks.js';
import { loadConfig, type Config } from '../config/config.js';
import type { Database } from '../postgres/database.js';
import type { Postgres } from '../postgres/postgres.js';
import { openPostgres } from './connect/open-postgres.js';
import { requireReachable } from './connect/require-reachable.js';
import { loggerForTerminal, type Logger } from '../telemetry/logger.js';
import { instanceName } from './instance-name.js';
import { createBoss, startBoss } from '../queue/boss.js';
import { EmbedQueue } from '../queue/embed-queue.js';
import { ensureQueues } from '../queue/ensure-queues.js';
import { INTERRUPTED, Interruption } from '../terminal/interruption.js';

/** Few connections: the command runs beside the worker and must not take any from it. */
const COMMAND_POOL_SIZE = 3;

/** What a command works with; open while it runs. */
export interface CommandContext {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Postgres;
  readonly blocks: Blocks;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** What `withQueue` needs. */
export type QueueContext = Pick<CommandContext, 'config' | 'log' | 'signal'> & { readonly database: Database };

/**
 * Runs a command that works on the database: reads the configuration, connects, inspects the tables, and closes
 * everything afterwards. Sets the exit status to what `run` returns, or to 130 if interrupted.
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
    const status = await run({ config, log, database, blocks: new Blocks(database, table), signal });
    process.exitCode = signal.aborted ? INTERRUPTED : status;
  } catch (error) {
    if (!signal.aborted) throw error;
    process.exitCode = INTERRUPTED;
  } finally {
    await database.close();
    interruption.close();
  }
}

/** Runs `run` with a queue that only sends: its pg-boss supervises nothing and is not counted as a worker. */
export async function withQueue<T>(
  { config, database, log, signal }: QueueContext,
  run: (queue: EmbedQueue) => Promise<T>,
): Promise<T> {
  const { names } = config;
  const boss = await createBoss(database, config, { instanceName: 'command', log, sendOnly: true });
  await startBoss(boss, names);
  try {
    await ensureQueues(boss, config, { update: false, signal });
    return await run(new EmbedQueue({ boss, database, names, log }));
  } finally {
    await boss.stop({ close: false, graceful: false });
  }
}
