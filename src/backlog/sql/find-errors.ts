import { idFromTextSql } from '../../blocks/id-from-text.js';
import { hasStatusByIdSql } from '../../blocks/status.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { deadLetterOf, noDeadLetter } from '../../queue/sql/dead-letter-of.js';
import { deadLetterKeys } from '../../queue/sql/newest-dead-letters.js';
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
 * One page of the blocks in `error`, in order of their ids: those that have a dead letter, and the given ones. The ids are
 * sorted first; then each dead letter, and last each block, is looked up, so a page reads few of them, however large the table.
 * OFFSET 0 keeps PostgreSQL to this order, and from computing an id twice.
 *
 * @param names null if there is no queue yet
 * @param unrecorded ids of blocks without a dead letter
 */
export async function findErrors(
  db: Queryable,
  names: QueueNames | null,
  table: BlocksTable,
  { reason, after, limit }: ErrorPage,
  unrecorded: readonly string[],
): Promise<BlockError[]> {
  const { idType } = table;
  return await db.query<BlockError>(
    `SELECT f.id::text AS id, b.type, b.note_id::text AS "noteId", n.${table.notesTitle}::text AS "noteTitle",
       f.report->>'reason' AS reason, f.report->>'message' AS message,
       (f.report->'failures')::float8 AS failures, (f.report->'crashes')::float8 AS crashes,
       coalesce(f.report->>'at', to_char(f.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) AS at
  FROM (SELECT e.id, d.report, d.at
          FROM (SELECT DISTINCT id FROM (
                       SELECT ${idFromTextSql('k.key', idType)} AS id FROM ${deadLetterKeys(names)} k
                       UNION ALL SELECT u.id::${idType} FROM unnest($4::text[]) AS u(id) OFFSET 0) known
                 WHERE known.id IS NOT NULL AND ($2::text IS NULL OR known.id > $2::text::${idType})
                 ORDER BY id) e
          LEFT JOIN LATERAL ${names === null ? noDeadLetter() : deadLetterOf(names, 'e.id::text')} d ON true
         WHERE $1::text IS NULL OR d.report->>'reason' = $1
         ORDER BY e.id OFFSET 0) f
 CROSS JOIN LATERAL (SELECT coalesce(b.${table.type}::text, '') AS type, b.${table.noteId} AS note_id FROM ${table.blocks} b
                      WHERE b.${table.id} = f.id AND ${hasStatusByIdSql(`b.${table.status}`, ['error'])} OFFSET 0) b
  LEFT JOIN LATERAL (SELECT n.${table.notesTitle} FROM ${table.notes} n WHERE n.${table.notesId} = b.note_id OFFSET 0) n ON true
 ORDER BY f.id LIMIT $3`,
    [reason, after, limit, unrecorded],
  );
}
