import { quoteColumn } from '../../postgres/identifiers.js';
import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../queue-names.js';

export interface QueueRow {
  readonly name: string;
  readonly policy: string;
}

/** Those of our two queues that exist. */
export async function readQueues(db: Queryable, names: QueueNames): Promise<QueueRow[]> {
  return await db.query<QueueRow>(
    `SELECT name, policy FROM ${quoteColumn(names.schema)}.queue WHERE name IN ($1, $2)`,
    [names.queue, names.deadLetters],
  );
}
