import { DEAD_LETTER_QUEUE, QUEUE } from '../site/queue-names.js';
import type { CrucibleDatabase } from '../site/database.js';

/** What still waits or is under way. */
export interface Unrest {
  readonly blocks: readonly { readonly id: string; readonly status: string | null; readonly jobs: string | null }[];
  readonly liveJobs: number;
}

/** Blocks that are not settled, and the number of live jobs; nothing and 0 once all is quiet. */
export async function unrest(database: CrucibleDatabase): Promise<Unrest> {
  const [row] = await database.persist<{ blocks: Unrest['blocks'] | null; jobs: number }>(
    `SELECT (SELECT json_agg(json_build_object('id', b.id::text, 'status', b.embedding_status, 'jobs',
               (SELECT string_agg(j.state::text || ' ×' || j.retry_count, ',') FROM pgboss.job_common j
                 WHERE j.name = $1 AND j.singleton_key = b.id::text AND j.state <= 'active')))
          FROM blocks b WHERE b.embedding_status IS NULL OR b.embedding_status IN ('pending', 'processing')
            OR (b.embedding_status = 'skipped' AND b.embedding IS NOT NULL)) AS blocks,
       (SELECT count(*)::int FROM pgboss.job_common WHERE name = $1 AND state <= 'active') AS jobs`,
    [QUEUE],
  );
  return { blocks: row?.blocks ?? [], liveJobs: row?.jobs ?? 0 };
}

export function isQuiet({ blocks, liveJobs }: Unrest): boolean {
  return blocks.length === 0 && liveJobs === 0;
}

/** Dead letters of blocks that are not in error, or are not the only one of theirs. */
export async function looseDeadLetters(database: CrucibleDatabase): Promise<string[]> {
  const rows = await database.persist<{ id: string }>(
    `SELECT j.singleton_key AS id FROM pgboss.job_common j WHERE j.name = $1 AND j.state <= 'active'
      GROUP BY 1 HAVING count(*) > 1 OR NOT EXISTS
        (SELECT FROM blocks b WHERE b.id::text = j.singleton_key AND b.embedding_status = 'error')`,
    [DEAD_LETTER_QUEUE],
  );
  return rows.map(({ id }) => id);
}
