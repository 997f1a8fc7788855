import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { inspectBlocks } from '../blocks/inspect.js';
import { Blocks } from '../blocks/blocks.js';
import { loadConfig, type Config } from '../config/config.js';
import type { Database } from '../postgres/database.js';
import type { Postgres } from '../postgres/postgres.js';
import { openPostgres } from './connect/open-postgres.js';
import { requireReachable } from './connect/require-reachable.js';
import { loggerForTerminal, type Logger } from '../telemetry/logger.js';
import { createBoss, startBoss } from '../queue/boss.js';
import { EmbedQueue } from '../queue/embed-queue.js';
import { ensureQueues } from '../queue/ensure-queues.js';
import { INTERRUPTED, Interruption } from '../terminal/interruption.js';

/** What a command opens at once is little: it runs beside the worker and takes no connections from it. */
const COMMAND_POOL_SIZE = 3;

/** What a command works with. */
export interface CommandContext {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Postgres;
  readonly blocks: Blocks;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** What sending jobs takes. */
export type QueueContext = Pick<CommandContext, 'config' | 'log' | 'signal'> & { readonly database: Database };

/** Of an instance's eight characters, those from the host's name. */
const HOST_LENGTH = 4;
const INSTANCE_LENGTH = 8;

/**
 * Eight characters that name this process among those connected to the same database: the end of the host's name, where
 * Kubernetes puts what tells one pod from another, and random ones.
 */
export function instanceName(host = hostname()): string {
  const [label = ''] = host.split('.');
  const end = label.replaceAll(/[^A-Za-z0-9]/g, '').slice(-HOST_LENGTH);
  const random = BigInt(`0x${randomUUID().replaceAll('-', '')}`).toString(36);
  return `${end}${random.slice(-(INSTANCE_LENGTH - end.length))}`;
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

/** Runs `run` with a queue that only sends: its pg-boss supervises nothing and is not listed among the workers. */
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
