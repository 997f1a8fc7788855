import type { Queryable } from '../../postgres/database.js';
import type { ClaimedBlock } from '../claim.js';
import { fingerprintSql } from '../fingerprint.js';
import { hasStatusSql } from '../status.js';
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
  fingerprint: string | null;
}

/**
 * Reads what a claim would read of blocks, if they are completed, and locks nothing. The texts total at most `budgetBytes`,
 * but there is at least one.
 */
export async function readCompleted(
  db: Queryable,
  table: BlocksTable,
  ids: readonly string[],
  budgetBytes: number,
): Promise<CompletedBlocks> {
  const rows = await db.query<Row>(
    `WITH found AS MATERIALIZED (
  SELECT b.${table.id} AS id, b.${table.type}::text AS type, c.content, n.title,
         octet_length(c.content) AS bytes, ${fingerprintSql(table)} AS fingerprint
    FROM ${table.blocks} b
    LEFT JOIN LATERAL (SELECT n.${table.notesTitle}::text AS title FROM ${table.notes} n
                        WHERE n.${table.notesId} = b.${table.noteId}) n ON true
    CROSS JOIN LATERAL (SELECT b.${table.content}::text AS content OFFSET 0) c
   WHERE b.${table.id} = ANY ($1::text[]::${table.idType}[]) AND ${hasStatusSql(`b.${table.status}`, ['completed'])}
), sized AS (
  SELECT found.*, sum(coalesce(bytes, 0)) OVER (ORDER BY id) <= $2::bigint OR row_number() OVER (ORDER BY id) = 1 AS taken
    FROM found
)
SELECT id::text AS id, taken, CASE WHEN taken THEN type END AS type, CASE WHEN taken THEN content END AS content,
       CASE WHEN taken THEN title END AS title, CASE WHEN taken THEN fingerprint END AS fingerprint
  FROM sized ORDER BY sized.id`,
    [ids, budgetBytes],
  );
  return {
    read: rows
      .filter(({ taken }) => taken)
      .map(({ id, type, content, title, fingerprint }) => ({
        id,
        type: type ?? '',
        content,
        noteTitle: title,
        fingerprint: fingerprint ?? '',
      })),
    deferred: rows.filter(({ taken }) => !taken).map(({ id }) => id),
  };
}
