import type { PgBoss } from 'pg-boss';
import type { BlocksTable } from '../blocks/table.js';
import { CHANNEL } from '../blocks/trigger.js';
import type { Config } from '../config.js';
import type { Database, Session } from '../database/database.js';
import { Ear } from '../database/ear.js';
import { Leadership } from '../database/leadership.js';
import type { Events } from '../events.js';
import type { Logger } from '../logger.js';
import { Bridge } from './bridge.js';
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
  const ear = new Ear({
    database,
    onChange: () => {
      sweeper.request(); // soon, where it has become deaf, and for what was missed until it heard
      void leadership.rename();
    },
    events,
    log,
  });
  const sweeper = new Sweeper({ ...common, queueLimit: config.queueLimit, isDeaf: () => ear.isDeaf });
  const everyWorker = config.workerConcurrency * config.batchSize;
  /** A retry that has become due, or what waits since before an outage, finds a worker that takes it. */
  const wakeForDue = async (session: Session) => {
    const priority = await findDue(session, schema);
    if (priority !== undefined) waker.wakeAll(everyWorker, priority);
  };
  let bridge: Bridge | undefined;
  const leadership: Leadership = new Leadership({
    database,
    lockName: `embedding-worker/${schema}/${table.blocks}`,
    applicationName: (role) => sessionName(role, instance, { isGateOpen: isGateOpen(), isDeaf: ear.isDeaf }),
    onConnected: async (session) => {
      await ear.open(session);
      await ear.listen(WAKE_CHANNEL, waker.receive);
    },
    onElected: async (session) => {
      bridge = new Bridge({ ...common, requestSweep: sweeper.request });
      await ear.listen(CHANNEL, bridge.receive);
      sweeper.start();
      await wakeForDue(session);
    },
    onPulse: async (session) => {
      await resetRetrying(session, schema, table); // what a dead worker left; and it proves that the session lives
      await wakeForDue(session);
    },
    onDeposed: async () => {
      await Promise.all([bridge?.stop(), sweeper.stop()]);
    },
    onDisconnected: () => {
      ear.close();
    },
    events,
    log,
  });
  return leadership;
}

/** PostgreSQL cuts names at 63 bytes; what `status` reads from it must not be what is cut. */
function sessionName(
  role: 'leader' | 'follower',
  instance: string,
  { isGateOpen, isDeaf }: { readonly isGateOpen: boolean; readonly isDeaf: boolean },
): string {
  const state = (isGateOpen ? '' : ' gate=closed') + (isDeaf ? ' deaf' : '');
  return `embedding-worker ${role} ${instance}`.slice(0, 63 - state.length) + state;
}
