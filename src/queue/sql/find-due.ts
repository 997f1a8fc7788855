import type { Queryable } from '../../database/database.js';
import { QUEUE } from '../job.js';
import { jobTable } from './job-table.js';

/** Whether a job waits that could be fetched now. Reads the head of the fetch's own index (job_i11). */
export async function findDue(db: Queryable, schema: string): Promise<boolean> {
  const [row] = await db.query<{ due: boolean }>(
    `SELECT EXISTS (SELECT FROM ${jobTable(schema)}
  WHERE name = $1 AND state < 'active' AND NOT blocked AND start_after <= now()) AS due`,
    [QUEUE],
  );
  return row?.due === true;
}
