import type { Queryable } from '../postgres/database.js';

/** A running worker, as its session that listens shows it to other sessions. */
export interface Replica {
  readonly instance: string;
  /** Whether it is the one that bridges and sweeps. */
  readonly leader: boolean;
  /** Whether it holds its work back, because Ollama cannot do it. */
  readonly gateClosed: boolean;
  /** Whether notifications do not arrive: what it would hear of, it finds by sweeping. */
  readonly deaf: boolean;
  /** Whether it holds its work back, because the database cannot be worked with. */
  readonly held: boolean;
}

/** PostgreSQL cuts application_name to this length (NAMEDATALEN - 1), without an error. */
const MAX_NAME_BYTES = 63;

/** What a worker tells of itself. */
export type ReplicaState = Pick<Replica, 'gateClosed' | 'deaf' | 'held'>;

/** The most that stands beside the name of the process. */
const LONGEST_REST = nameOf('follower', '', { gateClosed: true, deaf: true, held: true }).length;

/** The longest name of a process that `status` shows whole, in bytes. */
export const MAX_INSTANCE_BYTES = MAX_NAME_BYTES - LONGEST_REST;

/**
 * The application_name of a worker's session that listens, which `readReplicas` reads.
 *
 * @param instance names the process; of one that is too long the end is kept, where it is unique
 */
export function sessionName(role: 'leader' | 'follower', instance: string, state: ReplicaState): string {
  return nameOf(role, instance.slice(-MAX_INSTANCE_BYTES), state);
}

function nameOf(role: 'leader' | 'follower', instance: string, state: ReplicaState): string {
  const flags = [state.gateClosed ? ' closed' : '', state.deaf ? ' deaf' : '', state.held ? ' held' : ''];
  return `embedding-worker ${role} ${instance}${flags.join('')}`;
}

/**
 * The workers connected to this database. They tell what they are through application_name, which every role may read:
 * `embedding-worker leader|follower INSTANCE`, and after it any of ` closed`, ` deaf` and ` held`.
 */
export async function readReplicas(db: Queryable): Promise<Replica[]> {
  const rows = await db.query<{ name: string }>(
    `SELECT DISTINCT application_name AS name FROM pg_stat_activity
 WHERE datname = current_database() AND application_name ~ '^embedding-worker (leader|follower) ' ORDER BY 1`,
  );
  const replicas = new Map<string, Replica>();
  for (const { name } of rows) {
    const [, role, instance, rest = ''] = /^embedding-worker (leader|follower) (\S+)(.*)$/.exec(name) ?? [];
    if (instance === undefined) continue;
    const state = rest.split(' ');
    const leader = role === 'leader' || replicas.get(instance)?.leader === true;
    replicas.set(instance, {
      instance,
      leader,
      gateClosed: state.includes('closed'),
      deaf: state.includes('deaf'),
      held: state.includes('held'),
    });
  }
  return [...replicas.values()];
}
