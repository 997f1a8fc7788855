import type { PgBoss } from 'pg-boss';
import type { BlocksTable } from '../blocks/table.js';
import { CHANNEL } from '../blocks/trigger.js';
import type { Config } from '../config.js';
import type { Database } from '../database/database.js';
import { Leadership } from '../database/leadership.js';
import type { Events } from '../events.js';
import type { Logger } from '../logger.js';
import { Bridge } from './bridge.js';
import { PRIORITY } from './job.js';
import { findDue } from './sql/find-due.js';
import { resetRetrying } from './sql/reset-retrying.js';
import { Sweeper } from './sweep.js';
import { WAKE_CHANNEL, type Waker } from './waker.js';

export interface LeadershipParts {
  readonly config: Config;
  readonly database: Database;
  readonly boss: PgBoss;
  readonly table: BlocksTable;
  readonly waker: Waker;
  /** Names this process among its replicas. */
  readonly instance: string;
  readonly isGateOpen: () => boolean;
  readonly events: Events;
  readonly log: Logger;
}

/** What the one replica does that leads: it listens, sweeps, and looks after what has become due. */
export function createLeadership(parts: LeadershipParts): Leadership {
  const { config, database, boss, table, waker, instance, isGateOpen, events, log } = parts;
  const schema = config.pgBossSchema;
  const common = { database, boss, schema, table, waker, events, log };
  const sweeper = new Sweeper({ ...common, queueLimit: config.queueLimit });
  const everyWorker = config.workerConcurrency * config.batchSize;
  let bridge: Bridge | undefined;
  return new Leadership({
    database,
    lockName: `embedding-worker/${schema}/${table.blocks}`,
    applicationName: (role) => sessionName(role, instance, isGateOpen()),
    onConnected: async (session) => {
      await session.listen(WAKE_CHANNEL, waker.receive);
    },
    onElected: async (session) => {
      bridge = new Bridge({ ...common, requestSweep: sweeper.request });
      await session.listen(CHANNEL, bridge.receive);
      sweeper.start();
      waker.wakeAll(everyWorker, PRIORITY.live); // jobs may wait since before an outage
    },
    onPulse: async (session) => {
      // Proves that the session lives. A retry that has become due finds a worker, and what a dead one left heals.
      await resetRetrying(session, schema, table);
      if (await findDue(session, schema)) waker.wakeAll(everyWorker, PRIORITY.live);
    },
    onDeposed: async () => {
      await Promise.all([bridge?.stop(), sweeper.stop()]);
    },
    events,
    log,
  });
}

/** PostgreSQL cuts names at 63 bytes; what `status` reads from it must not be what is cut. */
function sessionName(role: 'leader' | 'follower', instance: string, gateOpen: boolean): string {
  const state = gateOpen ? '' : ' gate=closed';
  return `embedding-worker ${role} ${instance}`.slice(0, 63 - state.length) + state;
}
