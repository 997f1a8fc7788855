import type { Queryable } from '../../postgres/database.js';
import type { ClaimedBlock } from '../claim.js';
import { headingsAboveSql, outlineSql } from '../context/outline.js';
import { fingerprintSql } from '../fingerprint.js';
import { hasStatusByIdSql } from '../status.js';
import type { BlocksTable } from '../table.js';

export interface CompletedBlocks {
  /** What a claim would return of them. */
  readonly read: readonly ClaimedBlock[];
  /** Blocks left for the next statement because the budget was used up. */
  readonly deferred: readonly string[];
}

interface Row {
  id: string;
  taken: boolean;
  type: string | null;
  content: string | null;
  title: string | null;
  headings: string[] | null;
  fingerprint: string | null;
}

/**
 * Reads what a claim would read of blocks, if they are completed, and locks nothing. The texts, with the headings above each if
 * paths are embedded, total at most `budgetBytes`, but there is at least one.
 */
export async function readCompleted(
  db: Queryable,
  table: BlocksTable,
  ids: readonly string[],
  budgetBytes: number,
): Promise<CompletedBlocks> {
  const given = `$1::text[]::${table.idType}[]`;
  const isPath = table.context === 'path';
  const notes = `SELECT DISTINCT b.${table.noteId} FROM ${table.blocks} b WHERE b.${table.id} = ANY (${given})`;
  const rows = await db.query<Row>(
    `WITH ${isPath ? `${outlineSql(table, notes)}, ` : ''}found AS MATERIALIZED (
  SELECT b.${table.id} AS id, b.${table.type}::text AS type, c.content, n.title, a.headings,
         coalesce(octet_length(c.content), 0) + coalesce(octet_length(a.headings::text), 0) AS bytes,
         ${fingerprintSql(table, '(SELECT n.title)')} AS fingerprint
    FROM ${table.blocks} b
    LEFT JOIN LATERAL (SELECT n.${table.notesTitle}::text AS title FROM ${table.notes} n
                        WHERE n.${table.notesId} = b.${table.noteId}) n ON true
    CROSS JOIN LATERAL (SELECT b.${table.content}::text AS content OFFSET 0) c
    CROSS JOIN LATERAL (SELECT ${isPath ? headingsAboveSql(table) : 'NULL::text[]'} AS headings OFFSET 0) a
   WHERE b.${table.id} = ANY (${given}) AND ${hasStatusByIdSql(`b.${table.status}`, ['completed'])}
), sized AS (
  SELECT found.*, sum(bytes) OVER (ORDER BY id) <= $2::bigint OR row_number() OVER (ORDER BY id) = 1 AS taken
    FROM found
)
SELECT id::text AS id, taken, CASE WHEN taken THEN type END AS type, CASE WHEN taken THEN content END AS content,
       CASE WHEN taken THEN title END AS title, CASE WHEN taken THEN headings END AS headings,
       CASE WHEN taken THEN fingerprint END AS fingerprint
  FROM sized ORDER BY sized.id`,
    [ids, budgetBytes],
  );
  return {
    read: rows
      .filter(({ taken }) => taken)
      .map(({ id, type, content, title, headings, fingerprint }) => ({
        id,
        type: type ?? '',
        content,
        noteTitle: title,
        headingsAbove: headings ?? [],
        fingerprint: fingerprint ?? '',
      })),
    deferred: rows.filter(({ taken }) => !taken).map(({ id }) => id),
  };
}
