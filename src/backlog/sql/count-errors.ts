import { idFromTextSql } from '../../blocks/id-from-text.js';
import { hasStatusByIdSql } from '../../blocks/status.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import type { QueueNames } from '../../queue/queue-names.js';
import { newestDeadLetters } from '../../queue/sql/newest-dead-letters.js';

export interface ErrorCount {
  /** null for blocks without a dead letter. */
  readonly reason: string | null;
  readonly count: number;
}

/**
 * How many blocks have a dead letter, by reason.
 *
 * @param onlyInError whether each block is looked up by its id, and counted only if it is in `error`
 */
export async function countErrors(
  db: Queryable,
  names: QueueNames,
  table: BlocksTable,
  onlyInError: boolean,
): Promise<ErrorCount[]> {
  const lookUp = `CROSS JOIN LATERAL (SELECT FROM ${table.blocks} b
                      WHERE b.${table.id} = ${idFromTextSql('d.key', table.idType)} AND ${hasStatusByIdSql(`b.${table.status}`, ['error'])} OFFSET 0) b`;
  return await db.query<ErrorCount>(
    `SELECT d.report->>'reason' AS reason, count(*)::float8 AS count
  FROM ${newestDeadLetters(names)} d ${onlyInError ? lookUp : ''}
 GROUP BY 1`,
  );
}
