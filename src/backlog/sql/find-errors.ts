import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { deadLetterOf, noDeadLetter } from '../../queue/sql/dead-letter-of.js';
import type { QueueNames } from '../../queue/queue-names.js';

/** A block in `error`, with the details of its dead letter; null without one. */
export interface BlockError {
  readonly id: string;
  readonly type: string;
  readonly noteId: string | null;
  readonly noteTitle: string | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly failures: number | null;
  readonly crashes: number | null;
  /** ISO 8601. */
  readonly at: string | null;
}

export interface ErrorPage {
  /** Only blocks that failed for this reason; null: any. */
  readonly reason: string | null;
  /** The last id of the page before; null: the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/**
 * One page of the blocks in `error`, in order of their ids.
 *
 * @param names null if there is no queue yet
 */
export async function findErrors(
  db: Queryable,
  names: QueueNames | null,
  table: BlocksTable,
  { reason, after, limit }: ErrorPage,
): Promise<BlockError[]> {
  return await db.query<BlockError>(
    `SELECT b.${table.id}::text AS id, coalesce(b.${table.type}::text, '') AS type, b.${table.noteId}::text AS "noteId",
       n.${table.notesTitle}::text AS "noteTitle", d.report->>'reason' AS reason, d.report->>'message' AS message,
       (d.report->'failures')::float8 AS failures, (d.report->'crashes')::float8 AS crashes,
       coalesce(d.report->>'at', to_char(d.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) AS at
  FROM ${table.blocks} b
  LEFT JOIN ${table.notes} n ON n.${table.notesId} = b.${table.noteId}
  LEFT JOIN LATERAL ${names === null ? noDeadLetter() : deadLetterOf(names, `b.${table.id}::text`)} d ON true
 WHERE b.${table.status} = 'error' AND ($1::text IS NULL OR d.report->>'reason' = $1)
   AND ($2::text IS NULL OR b.${table.id} > $2::text::${table.idType})
 ORDER BY b.${table.id} LIMIT $3`,
    [reason, after, limit],
  );
}
