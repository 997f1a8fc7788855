import { loadConfig } from '../config.js';
import { Postgres } from '../database/postgres.js';
import { requireReachable } from '../database/reachable.js';
import { createEvents } from '../events.js';
import { loggerForTerminal } from '../logger.js';
import { instanceName } from './context.js';
import { VERSION } from '../version.js';
import { Worker } from '../worker.js';

/** Bridge, workers and HTTP until SIGTERM or SIGINT; a second signal ends it at once. */
export async function runWorker(): Promise<void> {
  const config = loadConfig();
  const log = loggerForTerminal(config.logLevel);
  const instance = instanceName();
  const database = new Postgres({
    url: config.databaseUrl,
    sessionUrl: config.listenDatabaseUrl,
    applicationName: `embedding-worker ${instance}`.slice(0, 63),
    poolSize: config.workerConcurrency,
  });
  database.on('error', (error) => {
    log.warn('an idle database connection was lost; another is opened when needed', { error });
  });
  const worker = new Worker({ config, database, events: createEvents(), log, version: VERSION, instance });

  const stopped = Promise.withResolvers<undefined>();
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    signals += 1;
    if (signals > 1) {
      log.warn('second signal: ending at once', { signal });
      process.exit(signal === 'SIGINT' ? 130 : 1);
    }
    log.info('shutting down: requests in flight are finished, the rest goes back', { signal });
    stopped.resolve(undefined);
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  try {
    await requireReachable(database, config, log);
    await worker.start();
    await stopped.promise;
  } finally {
    await worker.stop();
    await database.close();
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
    log.info('stopped');
  }
}
