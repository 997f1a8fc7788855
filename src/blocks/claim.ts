import type { Queryable } from '../postgres/database.js';
import { countAboveSql, outlineSql } from './context/outline.js';
import { fingerprintSql } from './fingerprint.js';
import { hasStatusSql, isPendingSql, statusSql, WAITING, type FoundStatus } from './status.js';
import type { BlocksTable } from './table.js';

/** A claimed block: its status is `processing`, its job is active. */
export interface ClaimedBlock {
  readonly id: string;
  readonly type: string;
  /** As Postgres prints it. */
  readonly content: string | null;
  readonly noteTitle: string | null;
  /** The contents of the headings above it in its note, in order; empty unless paths are embedded. */
  readonly headingsAbove: readonly string[];
  readonly fingerprint: string;
}

export interface Claim {
  readonly claimed: readonly ClaimedBlock[];
  /** Blocks that need no work, with their status. */
  readonly settled: readonly { readonly id: string; readonly status: FoundStatus }[];
  /** Blocks whose rows another transaction has locked. */
  readonly locked: readonly string[];
  /** Blocks left for the next claim because the budget was used up, with the size of their text. */
  readonly deferred: readonly { readonly id: string; readonly bytes: number }[];
  /** Blocks that do not exist. */
  readonly gone: readonly string[];
}

interface Row {
  id: string;
  outcome: 'claimed' | 'settled' | 'locked' | 'deferred';
  status: FoundStatus;
  bytes: string;
  type: string | null;
  content: string | null;
  title: string | null;
  fingerprint: string | null;
  /** The note's id, if paths are embedded. */
  note?: string | null;
  /** How many headings are above the block. */
  above?: number | null;
  /** The note's headings, with the first block of each note that is claimed. */
  headings?: string[] | null;
}

/**
 * Claims blocks that are `pending` or NULL, or that a crashed worker left `processing`: the exclusive key of our job proves
 * that no other worker has them. Rows that another transaction has locked are skipped without waiting, so that a long
 * transaction delays only its own blocks. The texts of one claim total at most `budgetBytes`, whatever the number of jobs.
 * A first block that exceeds the budget alone is claimed only with `takeFirst`: the caller has then reserved memory for it.
 *
 * The rows are locked in a CTE that reads nothing else. When the text was built in the same CTE, Postgres returned the old
 * text and the new fingerprint for a row that changed meanwhile: of 12,000 blocks saved twice within 8 ms, 39 kept the
 * vector of the first save.
 *
 * If a block row changes while we lock it, Postgres re-reads it, but together with the *old* note row: text and fingerprint
 * then match each other, but no state that ever existed. The store compares the fingerprint again and detects this. The same
 * holds for the headings above.
 *
 * @param ids of the claimed jobs, without duplicates
 */
export async function claimBlocks(
  db: Queryable,
  table: BlocksTable,
  ids: readonly string[],
  budgetBytes: number,
  takeFirst: boolean,
): Promise<Claim> {
  const rows = await db.query<Row>(claimSql(table), [ids, budgetBytes, takeFirst]);
  const found = new Set(rows.map((row) => row.id));
  const having = (outcome: Row['outcome']) => rows.filter((row) => row.outcome === outcome);
  const outlines = new Map(rows.flatMap(({ note, headings }) => (headings ? [[note, headings] as const] : [])));
  return {
    claimed: having('claimed').map((row) => ({
      id: row.id,
      type: row.type ?? '',
      content: row.content,
      noteTitle: row.title,
      headingsAbove: outlines.get(row.note)?.slice(0, row.above ?? 0) ?? [],
      fingerprint: row.fingerprint ?? '',
    })),
    settled: having('settled').map(({ id, status }) => ({ id, status })),
    locked: having('locked').map((row) => row.id),
    deferred: having('deferred').map((row) => ({ id: row.id, bytes: Number(row.bytes) })),
    gone: ids.filter((id) => !found.has(id)),
  };
}

// OFFSET 0 keeps content::text from being computed once per use, which is expensive for jsonb. No two CTEs are joined: the plan
// of a prepared statement assumes ten rows for each and compares them row by row, 16,256 comparisons for 128 blocks.
function claimSql(table: BlocksTable): string {
  const open = hasStatusSql('status', WAITING);
  const path = table.context === 'path' ? pathSql(table) : NO_PATH;
  return `
WITH held AS MATERIALIZED (
  SELECT b.${table.id}, b.${table.status}, b.${table.type}, b.${table.content}, b.${table.noteId}${path.ofHeld}
    FROM ${table.blocks} b
   WHERE b.${table.id} = ANY ($1::text[]::${table.idType}[])
   ORDER BY b.${table.id}
     FOR NO KEY UPDATE SKIP LOCKED
), ${path.outline}locked AS MATERIALIZED (
  SELECT b.${table.id} AS id, b.${table.status} AS status, b.${table.type}::text AS type, c.content, n.title,
         octet_length(c.content) AS bytes, ${fingerprintSql(table, '(SELECT n.title)')} AS fingerprint${path.ofLocked}
    FROM held b
    LEFT JOIN LATERAL (SELECT n.${table.notesTitle}::text AS title FROM ${table.notes} n
                        WHERE n.${table.notesId} = b.${table.noteId}) n ON true
    CROSS JOIN LATERAL (SELECT b.${table.content}::text AS content OFFSET 0) c
), sized AS (
  SELECT locked.*, ${open} AS open,
         sum(CASE WHEN ${open} THEN coalesce(bytes, 0) END) OVER (ORDER BY id) AS upto,
         row_number() OVER (PARTITION BY ${open} ORDER BY id) AS place
    FROM ${path.sizes}
), marked AS MATERIALIZED (
  SELECT sized.*, open AND (upto <= $2::bigint OR ($3::boolean AND place = 1)) AS taken FROM sized
), claimed AS (
  UPDATE ${table.blocks} b SET ${table.status} = 'processing'
    FROM marked WHERE b.${table.id} = marked.id AND marked.taken AND ${isPendingSql('marked.status')}
), answer AS (
  SELECT id, CASE WHEN taken THEN 'claimed' WHEN open THEN 'deferred' ELSE 'settled' END AS outcome, ${statusSql('status')} AS status, bytes,
         CASE WHEN taken THEN type END AS type, CASE WHEN taken THEN content END AS content,
         CASE WHEN taken THEN title END AS title, CASE WHEN taken THEN fingerprint END AS fingerprint${path.ofTaken}
    FROM marked
  UNION ALL
  SELECT b.${table.id}, 'locked', ${statusSql(`b.${table.status}`)}, NULL, NULL, NULL, NULL, NULL${path.ofSkipped}
    FROM ${table.blocks} b
   WHERE b.${table.id} = ANY (ARRAY(SELECT unnest($1::text[]::${table.idType}[]) EXCEPT SELECT id FROM marked))
)
SELECT id::text AS id, outcome, status, coalesce(bytes, 0)::text AS bytes, type, content, title, fingerprint${path.ofAnswer}
  FROM answer ORDER BY answer.id`;
}

/** What a claim reads in addition if paths are embedded: pieces of its statement. */
const NO_PATH = {
  ofHeld: '',
  outline: '',
  ofLocked: '',
  sizes: 'locked',
  ofTaken: '',
  ofSkipped: '',
  ofAnswer: '',
};

/** The headings are sent once for each note, with its first block that is claimed, and count as bytes of that block. */
function pathSql(table: BlocksTable): typeof NO_PATH {
  const ofNote = (sql: string, note: string) => `(SELECT ${sql} FROM outline o WHERE o.note_id = ${note})`;
  return {
    ofHeld: `, b.${table.position ?? ''}`,
    outline: `${outlineSql(table, `SELECT DISTINCT held.${table.noteId} FROM held`)}, `,
    ofLocked: `,
         b.${table.noteId} AS note, ${ofNote(countAboveSql(table), `b.${table.noteId}`)} AS above,
         row_number() OVER (PARTITION BY b.${table.noteId}, ${hasStatusSql(`b.${table.status}`, WAITING)} ORDER BY b.${table.id}) = 1 AS leads`,
    sizes: `(SELECT id, status, type, content, title, fingerprint, note, above, leads,
                 coalesce(bytes, 0) + CASE WHEN leads THEN coalesce(${ofNote('octet_length(o.sources)', 'note')}, 0) ELSE 0 END AS bytes FROM locked) AS locked`,
    ofTaken: `,
         note::text AS note, above, CASE WHEN taken AND leads THEN ${ofNote('o.headings', 'note')} END AS headings`,
    ofSkipped: ', NULL, NULL, NULL',
    ofAnswer: ', note, above, headings',
  };
}
