import type { PausablePart } from '../../../src/queue/pause.js';
import { PRIORITY } from '../../../src/queue/job.js';
import { delaysUntil, type Injection } from '../fault-injector.js';
import { QUEUE } from '../testbed/queue-names.js';
import type { CrucibleDatabase } from '../testbed/database.js';
import type { Violations } from '../violation.js';

/** Within this time of a pause, every worker must have stopped fetching. */
const BOUND_MS = 5_000;
/** Extra time for a busy machine. */
const GRACE_MS = 1_000;

/** Work that was paused, in milliseconds since 1970. */
export interface NotedPause {
  readonly parts: readonly PausablePart[];
  /** When the command had ended. */
  readonly from: number;
  /** When the pause was about to end. */
  readonly to: number;
}

/**
 * While work is paused, no replica fetches it (7). Checked only if no fault was near that keeps a worker from noticing.
 *
 * @returns how many pauses could be checked
 */
export async function checkPauses(
  database: CrucibleDatabase,
  pauses: readonly NotedPause[],
  injections: readonly Injection[],
  violations: Violations,
): Promise<number> {
  const disturbing = injections.filter(({ nemesis }) => nemesis.delaysOthers && nemesis.name !== 'pause-all');
  let checked = 0;
  for (const { parts, from, to } of pauses) {
    const start = from + BOUND_MS + GRACE_MS;
    if (start >= to || disturbing.some((one) => one.from < to && delaysUntil(one) > from)) continue;
    checked += 1;
    const below = parts.includes('live') ? PRIORITY.live + 1 : PRIORITY.live;
    const fetched = await database.persist<{ id: string; blockId: string; priority: number; started: Date }>(
      `SELECT id::text AS id, singleton_key AS "blockId", priority, started_on AS started FROM pgboss.job_common
        WHERE name = $1 AND priority < $2 AND started_on > $3 AND started_on < $4`,
      [QUEUE, below, new Date(start), new Date(to)],
    );
    for (const { blockId, ...job } of fetched) {
      const details = { ...job, paused: parts, since: new Date(from).toISOString() };
      violations.add({ invariant: 7, what: 'a worker fetched a job that was paused', blockId, details });
    }
  }
  return checked;
}
