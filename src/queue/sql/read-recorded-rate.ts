import type { Queryable } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';
import type { QueueNames } from '../queue-names.js';

export interface RecordedRate {
  /** Jobs that were completed, from the first interval in which one was. */
  readonly jobs: number;
  /** The length of these intervals. */
  readonly seconds: number;
  /** Since the last of them was recorded. */
  readonly ageSeconds: number;
}

/**
 * What pg-boss's monitor recorded of the last `withinSeconds`: one row for each 15 s. An interval ends 10 s before it is
 * recorded.
 *
 * @returns undefined if no completed job was recorded
 */
export async function readRecordedRate(
  db: Queryable,
  { schema, queue }: QueueNames,
  withinSeconds: number,
): Promise<RecordedRate | undefined> {
  const [row] = await db.query<RecordedRate>(
    `SELECT sum(completed_delta)::float8 AS jobs, sum(delta_seconds)::float8 AS seconds,
       extract(epoch FROM now() - max(captured_on))::float8 AS "ageSeconds"
  FROM (SELECT captured_on, completed_delta, delta_seconds, sum(completed_delta) OVER (ORDER BY captured_on) AS so_far
          FROM ${quoteColumn(schema)}.queue_stats
         WHERE name = $1 AND captured_on > now() - $2 * interval '1 s' AND delta_seconds > 0) recorded
 WHERE so_far > 0
HAVING count(*) > 0`,
    [queue, withinSeconds],
  );
  return row;
}
