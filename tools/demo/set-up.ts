import { performance } from 'node:perf_hooks';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import { createEvents } from '../../src/telemetry/events.js';
import { loggerForTerminal } from '../../src/telemetry/logger.js';
import { Worker } from '../../src/worker.js';
import type { Cleanup } from './cleanup.js';
import { openDemoDatabase } from './demo-database.js';
import type { DemoEnvironment } from './environment.js';
import type { Interruptible } from './interruption.js';
import { connectOllama, Model, startStandInServer } from './model.js';
import { fact } from './output.js';
import { dropSql } from './server-schemas.js';
import type { Stage } from './stage.js';

export interface SetUp {
  readonly stage: Stage;
  /** Not started yet. */
  readonly worker: Worker;
  /** How long it took, including the loading of the model. */
  readonly ms: number;
}

/** Opens database and model at the same time and creates a worker for them. `cleanup` closes what it opens. */
export async function setUp(
  environment: DemoEnvironment,
  interruption: Interruptible,
  cleanup: Cleanup,
): Promise<SetUp> {
  const started = performance.now();
  const { signal } = interruption;
  const log = loggerForTerminal(environment.config.logLevel);
  if (environment.schemas !== undefined) {
    interruption.leftBehind = ` The demo's schemas remain; to drop them, run: ${dropSql(environment.schemas)}`;
  }
  const opening = openDemoDatabase(environment, log);
  const serving = (environment.usesStandIn ? startStandInServer : connectOllama)(environment.config, signal);
  // If one of them fails, the other still has to be closed.
  const [opened, served] = await Promise.allSettled([
    opening.then((database) => ready('Database', database, cleanup)),
    serving.then((server) => ready('Model', server, cleanup)),
  ]);
  if (opened.status === 'rejected') throw opened.reason;
  if (served.status === 'rejected') throw served.reason;
  signal.throwIfAborted();

  const { database, forWorker } = opened.value;
  const config = { ...environment.config, ollamaUrl: served.value.url };
  const table = await inspectBlocks(database, config.tables);
  const model = new Model(config, table.dimensions);
  cleanup.add(() => Promise.resolve(model.close()));

  const events = createEvents();
  const worker = new Worker({ config, database: forWorker, events, log, version: 'demo', instance: 'demo' });
  cleanup.add(() => worker.stop());
  const stage = { config, database, table, events, model, signal };
  return { stage, worker, ms: performance.now() - started };
}

function ready<Opened extends { readonly description: string; close(): Promise<void> }>(
  label: string,
  opened: Opened,
  cleanup: Cleanup,
): Opened {
  fact(label, opened.description);
  cleanup.add(() => opened.close());
  return opened;
}
