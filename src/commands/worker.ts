import { once } from 'node:events';
import { loadConfig, type Config } from '../config/config.js';
import { openPostgres } from './connect/open-postgres.js';
import { requireReachable } from './connect/require-reachable.js';
import { requireSession } from './connect/require-session.js';
import { requireWritable } from './connect/require-writable.js';
import { createEvents } from '../telemetry/events.js';
import { tuneHeapForThroughput } from '../terminal/heap.js';
import { loggerForTerminal, type Logger } from '../telemetry/logger.js';
import { instanceName } from './instance-name.js';
import { INTERRUPTED, Interruption } from '../terminal/interruption.js';
import type { Database } from '../postgres/database.js';
import { startTracing } from '../monitoring/tracing/start-tracing.js';
import { VERSION } from '../base/version.js';
import { Worker } from '../worker.js';

/** For work that must not wait for the workers: heartbeats, supervision, sweep, bridge. */
const SPARE_CONNECTIONS = 4;
/** For a backfill, in addition to those of the workers. */
const BACKFILL_CONNECTIONS = 2;

export interface WorkerArguments {
  /** Exit once no block waits. */
  readonly backfill: boolean;
}

/**
 * Runs bridge, workers and HTTP until SIGTERM or SIGINT; a second signal ends it at once. With `backfill`, runs until
 * nothing is left to embed: exit status 1 if blocks are in `error`, 130 if a signal came first.
 */
export async function runWorker({ backfill }: WorkerArguments): Promise<void> {
  tuneHeapForThroughput();
  const config = loadConfig();
  const log = loggerForTerminal(config.logLevel);
  const instance = instanceName();
  const stopTracing = await startTracing({ environment: process.env, version: VERSION, instance, log });
  const applicationName = `embedding-worker ${config.names.queue} ${instance}`;
  const poolSize = config.workerConcurrency + SPARE_CONNECTIONS + (backfill ? BACKFILL_CONNECTIONS : 0);
  const database = openPostgres(config, { applicationName, poolSize }, log);
  const worker = new Worker({ config, database, events: createEvents(), log, version: VERSION, instance });

  const interruption = new Interruption({
    onFirst: (name) => {
      log.info('shutting down; requests in flight finish, all other jobs go back to the queue', { signal: name });
    },
    onSecond: (name) => {
      log.warn('second signal; exiting immediately', { signal: name });
      process.exit(name === 'SIGINT' ? INTERRUPTED : 1);
    },
  });
  const { signal } = interruption;
  try {
    await worker.start(checkConnection(database, config, log, signal));
    if (backfill) {
      const { workOff } = await import('./backfill/work-off.js');
      const done = await workOff({ config, database, pause: () => worker.pause, signal, log });
      process.exitCode = done === undefined ? INTERRUPTED : done ? 0 : 1;
    } else if (!signal.aborted) {
      await once(signal, 'abort');
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    log.info('stopped before startup finished', { error });
    if (backfill) process.exitCode = INTERRUPTED;
  } finally {
    await worker.stop();
    await database.close();
    await stopTracing();
    interruption.close();
    log.info('stopped');
  }
}

async function checkConnection(database: Database, config: Config, log: Logger, signal: AbortSignal): Promise<void> {
  await requireReachable(database, config, log, signal);
  await requireSession(database, config);
  await requireWritable(database, config, log, signal);
}
