import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../queue-names.js';
import { jobTable } from './job-table.js';

export interface DeadLetterKey {
  readonly jobId: string;
  /** The id of the block; empty if another program sent the job without a key. */
  readonly blockId: string;
}

/** One page of dead letters in order of their keys, the newest of each key first. */
export async function findDeadLetters(
  db: Queryable,
  names: QueueNames,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<DeadLetterKey[]> {
  return await db.query<DeadLetterKey>(
    `SELECT id::text AS "jobId", coalesce(singleton_key, '') AS "blockId" FROM ${jobTable(names)}
 WHERE name = $1 AND state < 'active' AND ($2::text IS NULL OR coalesce(singleton_key, '') > $2)
 ORDER BY coalesce(singleton_key, ''), created_on DESC, id DESC LIMIT $3`,
    [names.deadLetters, after, limit],
  );
}
