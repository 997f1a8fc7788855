import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { deadLetterOf, noDeadLetter } from '../../queue/sql/dead-letter-of.js';
import type { QueueNames } from '../../queue/queue-names.js';

export interface ErrorCount {
  /** null for blocks without a dead letter. */
  readonly reason: string | null;
  readonly count: number;
}

/**
 * How many blocks are in `error`, by reason, the most frequent first.
 *
 * @param names null if there is no queue yet
 */
export async function countErrors(db: Queryable, names: QueueNames | null, table: BlocksTable): Promise<ErrorCount[]> {
  return await db.query<ErrorCount>(
    `SELECT d.report->>'reason' AS reason, count(*)::float8 AS count
  FROM ${table.blocks} b
  LEFT JOIN LATERAL ${names === null ? noDeadLetter() : deadLetterOf(names, `b.${table.id}::text`)} d ON true
 WHERE b.${table.status} = 'error'
 GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
}
