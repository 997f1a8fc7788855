import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../queue-names.js';

/**
 * Waits for the exclusive right to count the queue's live jobs and to fill it, until the transaction ends. Without it, two
 * transactions that count and then insert would both use the same capacity. A holder runs short statements only, so the
 * wait is milliseconds and does not hold back VACUUM; a holder that freezes loses its session.
 */
export async function lockCapacity(tx: Queryable, names: QueueNames): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `embedding-worker/${names.schema}/${names.queue}/capacity`,
  ]);
}
