import type { Queryable } from '../../postgres/database.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

/** Live jobs by state, and the dead letters. */
export interface WaitingCount {
  readonly created: number;
  readonly retry: number;
  readonly active: number;
  readonly deadLetters: number;
}

/**
 * In forms that index-only scans can answer (job_i14, job_i17): with a million settled jobs, 100,000 live ones take 0.1 s.
 * `state <= 'active'` would read all million.
 */
export async function countWaiting(db: Queryable, names: QueueNames): Promise<WaitingCount> {
  const [row] = await db.query<WaitingCount>(
    `SELECT count(*) FILTER (WHERE state = 'created')::float8 AS created,
       count(*) FILTER (WHERE state = 'retry')::float8 AS retry,
       count(*) FILTER (WHERE state = 'active')::float8 AS active,
       (SELECT count(*)::float8 FROM ${jobTable(names)}
         WHERE name = $2 AND state < 'active' AND singleton_key IS NOT NULL) AS "deadLetters"
  FROM ${jobTable(names)} WHERE name = $1 AND state IN ('created', 'retry', 'active')`,
    [names.queue, names.deadLetters],
  );
  return row ?? { created: 0, retry: 0, active: 0, deadLetters: 0 };
}
