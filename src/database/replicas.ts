import type { Queryable } from './database.js';

/** A running worker, as its session that listens shows it to other sessions. */
export interface Replica {
  readonly instance: string;
  /** Whether it is the one that bridges and sweeps. */
  readonly leader: boolean;
  /** Whether it holds its work back, because Ollama cannot do it. */
  readonly gateClosed: boolean;
  /** Whether notifications do not arrive: what it would hear of, it finds by sweeping. */
  readonly deaf: boolean;
}

/**
 * The workers connected to this database. They tell what they are through application_name, which every role may read:
 * `embedding-worker leader|follower INSTANCE`, and after it ` gate=closed`, ` deaf`, or both.
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
      gateClosed: state.includes('gate=closed'),
      deaf: state.includes('deaf'),
    });
  }
  return [...replicas.values()];
}
