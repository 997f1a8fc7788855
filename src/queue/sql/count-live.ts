import type { Queryable } from '../../database/database.js';
import { QUEUE } from '../job.js';
import { jobTable } from './job-table.js';

/** How many jobs are created, in retry or active. Index only; 10,000 of them take 2 ms. */
export async function countLive(db: Queryable, schema: string): Promise<number> {
  const [row] = await db.query<{ count: string }>(
    `SELECT count(*) AS count FROM ${jobTable(schema)} WHERE name = $1 AND state <= 'active'`,
    [QUEUE],
  );
  return Number(row?.count ?? 0);
}
