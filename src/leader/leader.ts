import { ConfigurationError } from '../base/errors.js';
import type { LeaderParts } from './leader-parts.js';
import type { BlocksTable } from '../blocks/table.js';
import type { ColumnUse } from './column-use.js';
import { Listener } from './listener.js';
import { Lease } from './lease.js';
import { sessionName } from './replicas.js';
import { Bridge } from './bridge.js';
import { LiveEdits } from './live-edits.js';
import { PACE } from './pace.js';
import { passComment } from './pass-state.js';
import { PendingScan } from './pending-scan.js';
import { Sweeper } from './sweeper.js';
import { Maintenance } from './maintenance.js';
import { Retention } from './retention.js';
import { StoredVectorCheck } from './stored-vector-check.js';
import type { Embedder } from '../embedder/embedder.js';
import type { QueueNames } from '../queue/queue-names.js';
import { WAKE_CHANNEL } from '../queue/work-notifier.js';
import { CHANNEL } from '../blocks/channel.js';

export interface LeaderOptions {
  readonly queueLimit: number;
  /** From the start of a sweep to the start of the next. */
  readonly pollIntervalSeconds: number;
  /** How many settled jobs may be kept. */
  readonly jobRetentionLimit: number;
}

export interface LeaderSetup extends LeaderParts {
  readonly config: LeaderOptions;
  readonly columnUse: ColumnUse;
  /** Names this process among its replicas: eight characters. */
  readonly instance: string;
  readonly embedder: Embedder;
  readonly isGateOpen: () => boolean;
  /** Texts in one backlog request. */
  readonly requestTexts: () => number;
}

/**
 * The listening session that every replica keeps, and what its holder of the lease does: bridge, sweep, maintenance and checks.
 * Followers hear wake-ups on the same session.
 */
export function createLeader(setup: LeaderSetup): Lease {
  const { config, columnUse, instance, embedder, isGateOpen, requestTexts, ...common } = setup;
  const { database, queue, blocks, waker, hold, events, log } = common;
  const listener = new Listener({
    database,
    onChange: () => {
      sweeper.request(); // edits that were not notified
      void lease.rename();
    },
    events,
    log,
  });
  const sweeper = new Sweeper({
    ...common,
    queueLimit: config.queueLimit,
    intervalMs: config.pollIntervalSeconds * 1000,
    pace: PACE,
    notificationsDown: () => listener.notificationsDown,
  });
  const edits = new LiveEdits(common);
  let bridge: Bridge | undefined;
  let scan: PendingScan | undefined;
  let maintenance: Maintenance | undefined;
  let retention: Retention | undefined;
  let storedVectorCheck: StoredVectorCheck | undefined;
  const lease: Lease = new Lease({
    database,
    lockName: leaderLock(queue.names, blocks.table),
    applicationName: (role) =>
      sessionName(queue.names.queue, role, instance, {
        gateClosed: !isGateOpen(),
        notificationsDown: listener.notificationsDown,
        held: hold.isHeld,
        requestTexts: requestTexts(),
      }),
    onConnected: async (session) => {
      columnUse.open(session);
      await columnUse.require(session).catch((error: unknown) => {
        if (!(error instanceof ConfigurationError)) throw error;
        hold.report(error); // another queue's worker started while this one had no session
      });
      await listener.open(session);
      await listener.listen(WAKE_CHANNEL, waker.receive);
    },
    onAcquired: async () => {
      const requestSweep = sweeper.request;
      scan = new PendingScan({ ...common, pace: PACE, edits, sweeper });
      bridge = new Bridge({ ...common, edits, requestScan: scan.request, requestSweep });
      await listener.listen(CHANNEL, bridge.receive);
      sweeper.start();
      maintenance = new Maintenance(common);
      maintenance.start();
      retention = new Retention({ ...common, jobRetentionLimit: config.jobRetentionLimit });
      retention.start();
      storedVectorCheck = new StoredVectorCheck({ ...common, embedder });
      storedVectorCheck.start();
    },
    leaderComment: () => passComment(sweeper.pass),
    onLost: async () => {
      await Promise.all([
        ...[bridge?.stop(), scan?.stop(), sweeper.stop()],
        ...[maintenance?.stop(), retention?.stop(), storedVectorCheck?.stop()],
      ]);
    },
    onDisconnected: () => {
      columnUse.close();
      listener.close();
    },
    events,
    log,
  });
  events.on('swept', () => void lease.rename());
  events.on('hold', ({ reason }) => {
    void lease.rename();
    if (reason === null) sweeper.request(); // blocks whose jobs alone were handed back, and blocks not enqueued meanwhile
  });
  return lease;
}

/** Names the lock of one queue on one status column, so that two Deployments on one table lead beside each other. */
function leaderLock({ schema, queue }: QueueNames, { blocks, status }: BlocksTable): string {
  return `embedding-worker/${schema}/${queue}/${blocks}/${status}`;
}
