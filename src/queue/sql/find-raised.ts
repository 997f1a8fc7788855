import type { Queryable } from '../../postgres/database.js';
import { PRIORITY } from '../job.js';
import { jobTable } from './job-table.js';
import type { QueueNames } from '../queue-names.js';

/**
 * Which of these jobs an edit has raised since they were fetched: they now have the priority of edits. Runs in the
 * transaction that settles them, after they are settled.
 *
 * @param jobIds of jobs that were fetched as backlog
 */
export async function findRaised(tx: Queryable, names: QueueNames, jobIds: readonly string[]): Promise<Set<string>> {
  if (jobIds.length === 0) return new Set();
  const rows = await tx.query<{ id: string }>(
    `SELECT id::text AS id FROM ${jobTable(names)} WHERE name = $1 AND id = ANY ($2::uuid[]) AND priority >= $3`,
    [names.queue, jobIds, PRIORITY.live],
  );
  return new Set(rows.map(({ id }) => id));
}
