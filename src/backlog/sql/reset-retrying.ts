import { idFromTextSql } from '../../blocks/id-from-text.js';
import { hasStatusByIdSql } from '../../blocks/status.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { jobTable } from '../../queue/sql/job-table.js';
import type { QueueNames } from '../../queue/queue-names.js';

/**
 * Sets blocks `pending` that are `processing` while their job is in retry: pg-boss took the job from a crashed worker. It
 * reads the few jobs in retry, so it can run often; the sweep reads all blocks.
 */
export async function resetRetrying(db: Queryable, names: QueueNames, table: BlocksTable): Promise<void> {
  await db.query(
    `UPDATE ${table.blocks} b SET ${table.status} = 'pending'
  FROM (SELECT b.${table.id} AS id FROM ${jobTable(names)} j JOIN ${table.blocks} b ON b.${table.id} = ${idFromTextSql('j.singleton_key', table.idType)}
         WHERE j.name = $1 AND j.state = 'retry' AND ${hasStatusByIdSql(`b.${table.status}`, ['processing'])}
         ORDER BY b.${table.id} FOR NO KEY UPDATE OF b SKIP LOCKED) waiting
 WHERE b.${table.id} = waiting.id`,
    [names.queue],
  );
}
