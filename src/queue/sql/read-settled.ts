import type { Queryable } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';
import type { QueueNames } from '../queue-names.js';
import { jobTable } from './job-table.js';

export interface SettledState {
  /** How many settled jobs are kept. */
  readonly count: number;
  /** Since the oldest of them was settled; null if there is none. */
  readonly seconds: number | null;
}

/**
 * The settled jobs that are kept, by pg-boss's count, which its monitor updates every 15 s. Counting them takes 0.1 s for each
 * million.
 */
export async function readSettled(db: Queryable, names: QueueNames): Promise<SettledState> {
  const [row] = await db.query<SettledState>(
    `SELECT greatest(0, total_count - queued_count - active_count)::float8 AS count,
       (SELECT extract(epoch FROM now() - completed_on)::float8 FROM ${jobTable(names)}
         WHERE name = $1 AND completed_on IS NOT NULL ORDER BY completed_on LIMIT 1) AS seconds
  FROM ${quoteColumn(names.schema)}.queue WHERE name = $1`,
    [names.queue],
  );
  return row ?? { count: 0, seconds: null };
}
