import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../database/database.js';
import { DEAD_LETTER_QUEUE } from '../job.js';
import { jobTable } from './job-table.js';

/**
 * The dead letters whose blocks are no longer in `error`: edited and stored since, put back, or gone. And all but the
 * newest of a block that is.
 *
 * @returns their job ids
 */
export async function findObsoleteDeadLetters(
  db: Queryable,
  schema: string,
  table: BlocksTable,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT j.id::text AS id FROM ${jobTable(schema)} j
 WHERE j.name = $1 AND j.state <= 'active'
   AND (NOT EXISTS (SELECT FROM ${table.blocks} b WHERE b.${table.id}::text = j.singleton_key AND b.embedding_status = 'error')
        OR EXISTS (SELECT FROM ${jobTable(schema)} k
                    WHERE k.name = $1 AND k.state <= 'active' AND k.singleton_key = j.singleton_key
                      AND (k.created_on, k.id) > (j.created_on, j.id)))
 ORDER BY j.singleton_key LIMIT $2`,
    [DEAD_LETTER_QUEUE, limit],
  );
  return rows.map((row) => row.id);
}
