import type { Queryable } from '../../postgres/database.js';

/**
 * Waits for the right to count the queue's live jobs and to fill it up, until the transaction ends. Two that count
 * first and insert then would both find the same room. Whoever holds it does nothing but short statements, so the wait
 * is milliseconds and holds back no VACUUM; who freezes meanwhile loses his session, as in every transaction of ours.
 */
export async function lockCapacity(tx: Queryable, schema: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`embedding-worker/${schema}/room`]);
}
