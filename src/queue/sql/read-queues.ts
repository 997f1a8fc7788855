import { quoteColumn } from '../../postgres/identifiers.js';
import type { Queryable } from '../../postgres/database.js';
import { DEAD_LETTER_QUEUE, QUEUE } from '../job.js';

export interface QueueRow {
  readonly name: string;
  readonly policy: string;
}

/** Our two queues, as far as they are there. */
export async function readQueues(db: Queryable, schema: string): Promise<QueueRow[]> {
  return await db.query<QueueRow>(`SELECT name, policy FROM ${quoteColumn(schema)}.queue WHERE name IN ($1, $2)`, [
    QUEUE,
    DEAD_LETTER_QUEUE,
  ]);
}
