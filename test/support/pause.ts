import { withQueue } from '../../src/commands/context.js';
import { loadConfig } from '../../src/config/config.js';
import type { PausablePart } from '../../src/queue/pause.js';
import type { EmbedQueue } from '../../src/queue/embed-queue.js';
import { WatchedPostgres } from './worker-postgres.js';
import type { TestDatabase } from './test-database.js';
import { workerEnvironment, type WorkerEnvironment } from './worker-in-process.js';
import { MemoryLog } from './worker-log.js';

/** Pauses these parts of the work, as `embedding-worker pause` does. */
export async function pauseWork(
  db: TestDatabase,
  parts: readonly PausablePart[],
  seconds: number | null = null,
  environment: WorkerEnvironment = {},
): Promise<void> {
  await onQueue(db, environment, (queue) => queue.pauses.start(parts, seconds, new AbortController().signal));
}

/** Ends the pause, as `embedding-worker resume` does. */
export async function resumeWork(db: TestDatabase): Promise<void> {
  await onQueue(db, {}, (queue) => queue.pauses.end());
}

async function onQueue(
  db: TestDatabase,
  environment: WorkerEnvironment,
  work: (queue: EmbedQueue) => Promise<unknown>,
): Promise<void> {
  const config = loadConfig(workerEnvironment(db, { url: 'http://127.0.0.1:1' }, environment));
  const database = new WatchedPostgres({ url: db.url, sessionUrl: db.url, applicationName: 'test pause', poolSize: 2 });
  const { signal } = new AbortController();
  try {
    await withQueue({ config, database, log: new MemoryLog(), signal }, work);
  } finally {
    await database.close();
  }
}
