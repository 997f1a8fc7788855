import type { Blocks } from '../blocks/blocks.js';
import type { BlocksTable } from '../blocks/table.js';
import type { Database } from '../postgres/database.js';
import { Listener } from './listener.js';
import type { Hold } from '../postgres/hold.js';
import { Leadership } from './lease.js';
import { sessionName } from './replicas.js';
import type { Events } from '../telemetry/events.js';
import type { Logger } from '../telemetry/logger.js';
import { Bridge } from './bridge.js';
import { Edits } from './edits.js';
import { PendingScan } from './pending-scan.js';
import { Sweeper } from './sweeper.js';
import { Upkeep } from './upkeep.js';
import type { QueueNames } from '../queue/queue-names.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import type { Waker } from '../queue/waker.js';
import { WAKE_CHANNEL } from '../queue/work-notifier.js';
import { CHANNEL } from '../blocks/channel.js';

export interface LeaderOptions {
  readonly queueLimit: number;
  /** Between two sweeps. */
  readonly pollIntervalSeconds: number;
  readonly workerConcurrency: number;
  readonly batchSize: number;
}

export interface LeaderParts {
  readonly config: LeaderOptions;
  readonly database: Database;
  readonly queue: EmbedQueue;
  readonly blocks: Blocks;
  readonly waker: Waker;
  /** Names this process among its replicas: eight characters. */
  readonly instance: string;
  readonly isGateOpen: () => boolean;
  readonly hold: Hold;
  readonly events: Events;
  readonly log: Logger;
}

/** What the one replica does that leads: it listens, sweeps, and looks after what has become due. */
export function createLeader(parts: LeaderParts): Leadership {
  const { config, database, queue, blocks, waker, instance, isGateOpen, hold, events, log } = parts;
  const common = { database, queue, blocks, waker, hold, events, log };
  const listener = new Listener({
    database,
    onChange: () => {
      sweeper.request(); // soon, where it has become deaf, and for what was missed until it heard
      void leadership.rename();
    },
    events,
    log,
  });
  const sweeper = new Sweeper({
    ...common,
    queueLimit: config.queueLimit,
    intervalMs: config.pollIntervalSeconds * 1000,
    notificationsDown: () => listener.notificationsDown,
  });
  const edits = new Edits(common);
  let bridge: Bridge | undefined;
  let look: PendingScan | undefined;
  let upkeep: Upkeep | undefined;
  const leadership: Leadership = new Leadership({
    database,
    lockName: leaderLock(queue.names, blocks.table),
    applicationName: (role) =>
      sessionName(queue.names.queue, role, instance, {
        gateClosed: !isGateOpen(),
        notificationsDown: listener.notificationsDown,
        held: hold.isHeld,
      }),
    onConnected: async (session) => {
      await listener.open(session);
      await listener.listen(WAKE_CHANNEL, waker.receive);
    },
    onAcquired: async () => {
      const requestSweep = sweeper.request;
      look = new PendingScan({ ...common, edits, hasBacklog: () => sweeper.hasBacklog, requestSweep });
      bridge = new Bridge({ ...common, edits, requestScan: look.request, requestSweep });
      await listener.listen(CHANNEL, bridge.receive);
      sweeper.start();
      upkeep = new Upkeep({ ...common, everyWorker: config.workerConcurrency * config.batchSize });
      upkeep.start();
    },
    onHeartbeat: async (session) => {
      await session.query('SELECT 1'); // it proves that the session lives, and waits for nobody's lock
    },
    onLost: async () => {
      await Promise.all([bridge?.stop(), look?.stop(), sweeper.stop(), upkeep?.stop()]);
    },
    onDisconnected: () => {
      listener.close();
    },
    events,
    log,
  });
  events.on('hold', ({ reason }) => {
    void leadership.rename();
    if (reason === null) sweeper.request(); // what was handed back without its block, and what was not enqueued
  });
  return leadership;
}

/** Names the lock of one queue on one status column, so that two Deployments on one table lead beside each other. */
function leaderLock({ schema, queue }: QueueNames, { blocks, status }: BlocksTable): string {
  return `embedding-worker/${schema}/${queue}/${blocks}/${status}`;
}
