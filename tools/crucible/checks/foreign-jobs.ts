import { DEAD_LETTER_QUEUE, QUEUE } from '../testbed/queue-names.js';
import type { CrucibleDatabase } from '../testbed/database.js';
import type { Violations } from '../violation.js';

/**
 * Jobs that other programs sent end as `unreadable` and leave no dead letter, and dead letters without a block are
 * deleted (3). A waiting job whose key is a block's id may be replaced by the job of that block's edit instead, as any other
 * waiting job would be.
 *
 * @param ids of the jobs that were sent; the queue may not have accepted all of them
 */
export async function checkForeignJobs(
  database: CrucibleDatabase,
  ids: ReadonlySet<string>,
  violations: Violations,
): Promise<void> {
  const jobs = await database.persist<{
    id: string;
    key: string | null;
    state: string;
    data: unknown;
    output: unknown;
  }>(
    `SELECT id::text AS id, singleton_key AS key, state::text AS state, data, output FROM pgboss.job_common j
      WHERE name = $1 AND id = ANY ($2::uuid[]) AND (state, output ->> 'outcome') IS DISTINCT FROM ('completed', 'unreadable')
        AND NOT ((state, output ->> 'outcome') IS NOT DISTINCT FROM ('completed', 'superseded')
                 AND EXISTS (SELECT FROM crucible.audit a WHERE a.block_id = j.singleton_key))`,
    [QUEUE, [...ids]],
  );
  for (const details of jobs) {
    violations.add({ invariant: 3, what: 'a job of another program did not end as unreadable', details });
  }
  const letters = await database.persist<{ key: string | null; data: unknown }>(
    `SELECT singleton_key AS key, data FROM pgboss.job_common j WHERE name = $1 AND state <= 'active'
        AND NOT EXISTS (SELECT FROM blocks b WHERE b.id::text = j.singleton_key)`,
    [DEAD_LETTER_QUEUE],
  );
  for (const details of letters)
    violations.add({ invariant: 3, what: 'there is a dead letter without a block', details });
}
