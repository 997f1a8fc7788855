import type { Deployment } from '../testbed/deployments.js';
import type { Injection } from '../fault-injector.js';
import type { CrucibleDatabase } from '../testbed/database.js';
import type { Violations } from '../violation.js';
import type { Model } from '../writer/model.js';

export interface FailureCountOptions {
  readonly database: CrucibleDatabase;
  readonly deployment: Deployment;
  readonly model: Model;
  readonly injections: readonly Injection[];
  /** Jobs that other programs sent. */
  readonly foreignJobIds: ReadonlySet<string>;
  readonly violations: Violations;
}

/**
 * If none of the injected faults may count against a block, then no job counted a crash, and only blocks whose text was
 * rejected at some time counted a failure (5).
 */
export async function checkFailureCounts({
  database,
  deployment,
  model,
  injections,
  foreignJobIds,
  violations,
}: FailureCountOptions): Promise<void> {
  if (!injections.every(({ nemesis }) => nemesis.countsNothing === true)) return;
  const refused = new Set(model.edits.filter(({ kind }) => kind === 'poison').map(({ blockId }) => blockId));
  const jobs = await database.persist<{ id: string; key: string; state: string; retries: number; data: object }>(
    `SELECT id::text AS id, singleton_key AS key, state::text AS state, retry_count AS retries, data FROM pgboss.job_common
      WHERE name = $1 AND NOT id = ANY ($2::uuid[])
        AND (data ?| '{failures,crashes}' OR retry_count > coalesce((data ->> 'counted')::int, 0))`,
    [deployment.queue, [...foreignJobIds]],
  );
  for (const { key, state, retries, data } of jobs) {
    const counts = data as { crashes?: number; counted?: number };
    if (refused.has(key) && (counts.crashes ?? 0) === 0 && retries <= (counts.counted ?? 0)) continue;
    const what = 'a job counted a failure or crash that was not its block’s fault';
    violations.add({ invariant: 5, what, blockId: key, details: { state, retries, data } });
  }
}
