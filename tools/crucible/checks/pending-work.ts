import type { Deployment } from '../testbed/deployments.js';
import type { CrucibleDatabase } from '../testbed/database.js';

/** Work that is not finished. */
export interface PendingWork {
  readonly blocks: readonly { readonly id: string; readonly status: string | null; readonly jobs: string | null }[];
  readonly liveJobs: number;
}

/** Blocks that are not settled, and the number of live jobs. */
export async function readPendingWork(
  database: CrucibleDatabase,
  { queue, embedding, status }: Deployment,
): Promise<PendingWork> {
  const [row] = await database.persist<{ blocks: PendingWork['blocks'] | null; jobs: number }>(
    `SELECT (SELECT json_agg(json_build_object('id', b.id::text, 'status', b.${status}, 'jobs',
               (SELECT string_agg(j.state::text || ' ×' || j.retry_count, ',') FROM pgboss.job_common j
                 WHERE j.name = $1 AND j.singleton_key = b.id::text AND j.state <= 'active')))
          FROM blocks b WHERE b.${status} IS NULL OR b.${status} IN ('pending', 'processing')
            OR (b.${status} = 'skipped' AND b.${embedding} IS NOT NULL)) AS blocks,
       (SELECT count(*)::int FROM pgboss.job_common WHERE name = $1 AND state <= 'active') AS jobs`,
    [queue],
  );
  return { blocks: row?.blocks ?? [], liveJobs: row?.jobs ?? 0 };
}

export function isQuiet({ blocks, liveJobs }: PendingWork): boolean {
  return blocks.length === 0 && liveJobs === 0;
}

/** Ids of blocks with a dead letter that are not in error, or that have several. */
export async function findOrphanedDeadLetters(
  database: CrucibleDatabase,
  { deadLetters, status }: Deployment,
): Promise<string[]> {
  const rows = await database.persist<{ id: string }>(
    `SELECT j.singleton_key AS id FROM pgboss.job_common j WHERE j.name = $1 AND j.state <= 'active'
      GROUP BY 1 HAVING count(*) > 1 OR NOT EXISTS
        (SELECT FROM blocks b WHERE b.id::text = j.singleton_key AND b.${status} = 'error')`,
    [deadLetters],
  );
  return rows.map(({ id }) => id);
}
