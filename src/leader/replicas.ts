import type { Queryable } from '../postgres/database.js';

/** A running worker, as its listening session shows it to other sessions. */
export interface Replica {
  /** Up to eight characters, unique among the replicas. */
  readonly instance: string;
  /** Whether it runs the bridge and the sweep. */
  readonly leader: boolean;
  /** Whether its gate is closed: the model's server cannot embed. */
  readonly gateClosed: boolean;
  /** Whether notifications do not reach it: it finds edits by sweeping. */
  readonly notificationsDown: boolean;
  /** Whether it is paused because the database cannot be used. */
  readonly held: boolean;
  /** Texts in one of its backlog requests. */
  readonly requestTexts: number;
}

/** What a worker shows of itself. */
export type ReplicaState = Pick<Replica, 'gateClosed' | 'notificationsDown' | 'held' | 'requestTexts'>;

/** With what the names of all workers' listening sessions begin. */
export const SESSION_PREFIX = 'embedding-worker ';

/** One letter for each part of the state that holds. */
const FLAGS = { gateClosed: 'c', notificationsDown: 'n', held: 'h' } as const;

/** Queue names have 25 characters at most, so that this fits into the 63 bytes that PostgreSQL keeps of a name. */
const FORMAT = /^embedding-worker (?<queue>\S+) (?<role>[LF]) (?<instance>\S{1,8}) (?<flags>[cnh]*)(?<texts>\d{1,4})$/;

/**
 * The application_name of a worker's listening session, which `readReplicas` reads: `embedding-worker QUEUE L|F ID FLAGS`, where
 * FLAGS are letters and the size of its requests.
 *
 * @param instance up to eight characters
 */
export function sessionName(queue: string, role: 'leader' | 'follower', instance: string, state: ReplicaState): string {
  const flags = Object.entries(FLAGS).map(([part, flag]) => (state[part as keyof typeof FLAGS] ? flag : ''));
  const shown = `${flags.join('')}${state.requestTexts}`;
  return `${SESSION_PREFIX}${queue} ${role === 'leader' ? 'L' : 'F'} ${instance} ${shown}`;
}

/** The queue in the name of a listening session; the whole name if it has another form, as a pooler may give it. */
export function queueOfSession(applicationName: string): string {
  return FORMAT.exec(applicationName)?.groups?.['queue'] ?? applicationName;
}

/** The workers of a queue that are connected to this database. Every role may read application_name. */
export async function readReplicas(db: Queryable, queue: string): Promise<Replica[]> {
  const rows = await db.query<{ name: string }>(
    `SELECT DISTINCT application_name AS name FROM pg_stat_activity
 WHERE datname = current_database() AND starts_with(application_name, $1)`,
    [`${SESSION_PREFIX}${queue} `],
  );
  const replicas = new Map<string, Replica>();
  for (const { name } of rows) {
    const { instance, role, flags = '', texts } = FORMAT.exec(name)?.groups ?? {};
    if (instance === undefined) continue;
    replicas.set(instance, {
      instance,
      leader: role === 'L' || replicas.get(instance)?.leader === true,
      gateClosed: flags.includes(FLAGS.gateClosed),
      notificationsDown: flags.includes(FLAGS.notificationsDown),
      held: flags.includes(FLAGS.held),
      requestTexts: Number(texts),
    });
  }
  return [...replicas.values()].sort((a, b) => (a.instance < b.instance ? -1 : 1));
}
