import { QUEUE } from '../site/queue-names.js';
import type { Episode } from '../havoc.js';
import type { CrucibleDatabase } from '../site/database.js';
import type { Violations } from '../violation.js';
import type { Model } from '../writer/model.js';

export interface CountedOptions {
  readonly database: CrucibleDatabase;
  readonly model: Model;
  readonly episodes: readonly Episode[];
  /** Jobs that are none of the worker's. */
  readonly strange: ReadonlySet<string>;
  readonly violations: Violations;
}

/**
 * Where all that was injected costs nothing, no job has counted a worker that died, and none a failure but of a block whose
 * text was refused at some time (5).
 */
export async function checkCounted({ database, model, episodes, strange, violations }: CountedOptions): Promise<void> {
  if (!episodes.every(({ nemesis }) => nemesis.costsNothing === true)) return;
  const refused = new Set(model.edits.filter(({ nature }) => nature === 'poison').map(({ blockId }) => blockId));
  const jobs = await database.persist<{ id: string; key: string; state: string; retries: number; data: object }>(
    `SELECT id::text AS id, singleton_key AS key, state::text AS state, retry_count AS retries, data FROM pgboss.job_common
      WHERE name = $1 AND NOT id = ANY ($2::uuid[])
        AND (data ?| '{failures,crashes}' OR retry_count > coalesce((data ->> 'counted')::int, 0))`,
    [QUEUE, [...strange]],
  );
  for (const { key, state, retries, data } of jobs) {
    const counts = data as { crashes?: number; counted?: number };
    if (refused.has(key) && (counts.crashes ?? 0) === 0 && retries <= (counts.counted ?? 0)) continue;
    const what = 'a job counted against its block what costs nothing';
    violations.add({ invariant: 5, what, blockId: key, details: { state, retries, data } });
  }
}
