import type { PgBoss } from 'pg-boss';
import { Blocks } from '../../src/blocks/blocks.js';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import { loadConfig } from '../../src/config/config.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { createBoss } from '../../src/queue/boss.js';
import { EmbedQueue } from '../../src/queue/embed-queue.js';
import { ensureQueues } from '../../src/queue/ensure-queues.js';
import type { QueueNames } from '../../src/queue/queue-names.js';
import { MemoryLog } from './worker-log.js';

/** A database with our queue, which no worker empties. */
export interface QueueSite {
  readonly database: Postgres;
  readonly boss: PgBoss;
  readonly names: QueueNames;
  readonly queue: EmbedQueue;
  readonly blocks: Blocks;
  readonly log: MemoryLog;
  close(): Promise<void>;
}

export async function openQueueSite(url: string, applicationName = 'test'): Promise<QueueSite> {
  const config = loadConfig({ PALDOCS_DATABASE_URL: url });
  const { names } = config;
  const database = new Postgres({ url, sessionUrl: url, applicationName, poolSize: 4 });
  const log = new MemoryLog();
  const boss = await createBoss(database, config, { instanceName: 'test', log, sendOnly: true });
  await boss.start();
  await ensureQueues(boss, config, { update: true, signal: new AbortController().signal });
  return {
    database,
    boss,
    names,
    queue: new EmbedQueue({ boss, database, names, log }),
    blocks: new Blocks(database, await inspectBlocks(database, config.tables)),
    log,
    close: async () => {
      await boss.stop({ close: false, graceful: false });
      await database.close();
    },
  };
}
