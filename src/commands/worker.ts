import { once } from 'node:events';
import { loadConfig } from '../config/config.js';
import { openPostgres } from './connect/open-postgres.js';
import { requireReachable, requireSession, requireWritable } from './connect/require-reachable.js';
import { createEvents } from '../telemetry/events.js';
import { tuneHeapForThroughput } from '../terminal/heap.js';
import { loggerForTerminal } from '../telemetry/logger.js';
import { instanceName } from './context.js';
import { INTERRUPTED, Interruption } from '../terminal/interruption.js';
import { startTracing } from '../monitoring/tracing/start-tracing.js';
import { VERSION } from '../base/version.js';
import { Worker } from '../worker.js';

/** For what must not wait for the workers: heartbeats, supervision, sweep, bridge. */
const SPARE_CONNECTIONS = 4;
/** Connections of a backfill, beside those of the workers. */
const BACKFILL_CONNECTIONS = 2;

export interface WorkerArguments {
  /** Ends when no block waits any more. */
  readonly backfill: boolean;
}

/**
 * Bridge, workers and HTTP until SIGTERM or SIGINT; a second signal ends it at once. With `backfill` until nothing is
 * left to embed: status 1 when blocks are in `error` then, 130 when a signal came first.
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
    await requireReachable(database, config, log, signal);
    await requireSession(database, config);
    await requireWritable(database, config, log, signal);
    await worker.start();
    if (backfill) {
      const { workOff } = await import('./backfill/work-off.js');
      const done = await workOff({ config, database, signal, log });
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
