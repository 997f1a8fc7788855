import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../queue-names.js';
import { jobTable } from './job-table.js';

/** More than one only if somebody else inserts jobs into this queue. */
const MAX_RECORDS = 10;

export interface FoundPauseRecord {
  readonly jobId: string;
  /** A `PauseRecord`, unless somebody else inserted it. */
  readonly data: unknown;
  /** The database's clock, in milliseconds since 1970. */
  readonly now: number;
}

/**
 * The records of pauses, over or not, the newest last. Every replica asks every few seconds, so the order is that of an
 * index (job_i11), which answers without reading the table.
 */
export async function findPauseRecords(db: Queryable, names: QueueNames): Promise<FoundPauseRecord[]> {
  return await db.query<FoundPauseRecord>(
    `SELECT id::text AS "jobId", data, extract(epoch FROM now())::float8 * 1000 AS now FROM ${jobTable(names)}
 WHERE name = $1 AND state < 'active' AND NOT blocked
 ORDER BY priority DESC, created_on LIMIT $2`,
    [names.pause, MAX_RECORDS],
  );
}
