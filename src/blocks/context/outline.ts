import type { BlocksTable } from '../table.js';

/** Of a note with more headings, only the first are in its outline: it is read for each claim, and counts in its text budget. */
const MAX_OUTLINE_BYTES = 256 * 1024;

/**
 * SQL for the CTE `outline`: the headings of some notes, one row a note, with what `headingsAboveSql` and a claim read. It
 * reads each note once, however many of its blocks a statement works on.
 *
 * @param noteIds SQL for an array of the notes' ids
 */
export function outlineSql(table: BlocksTable, noteIds: string): string {
  const position = `h.${requirePosition(table)}`;
  const content = `h.${table.content}::text`;
  return `outline AS MATERIALIZED (
  SELECT note_id, array_agg(position ORDER BY position, id) AS positions, array_agg(content ORDER BY position, id) AS headings,
         max(upto) AS bytes
    FROM (SELECT h.${table.noteId} AS note_id, ${position} AS position, h.${table.id} AS id, coalesce(${content}, '') AS content,
                 sum(octet_length(coalesce(${content}, ''))) OVER (PARTITION BY h.${table.noteId} ORDER BY ${position}, h.${table.id}) AS upto
            FROM ${table.blocks} h
           WHERE h.${table.noteId} = ANY (${noteIds}) AND h.${table.type}::text = 'heading' AND ${position} IS NOT NULL) h
   WHERE upto <= ${MAX_OUTLINE_BYTES} GROUP BY note_id
)`;
}

/** SQL that begins a statement which computes fingerprints of blocks: `withOutline`, if headings are part of them. */
export function withContext(table: BlocksTable, ids: string): string {
  return table.context === 'path' ? withOutline(table, ids) : '';
}

/**
 * SQL that begins a statement on blocks with the outlines of their notes.
 *
 * @param ids SQL for an array of the blocks' ids
 */
export function withOutline(table: BlocksTable, ids: string): string {
  const noteIds = `ARRAY(SELECT b.${table.noteId} FROM ${table.blocks} b WHERE b.${table.id} = ANY (${ids}))`;
  return `WITH ${outlineSql(table, noteIds)}\n`;
}

/** SQL for the number of headings above the block at alias `b`, those with a lower position, in the outline at alias `o`. */
export function countAboveSql(table: BlocksTable): string {
  return `(SELECT count(*)::int FROM unnest(o.positions) AS p WHERE p < b.${requirePosition(table)})`;
}

/** SQL for the contents of the headings above the block at alias `b`, in order. The statement must have the CTE `outline`. */
export function headingsAboveSql(table: BlocksTable): string {
  return `coalesce((SELECT o.headings[:${countAboveSql(table)}] FROM outline o WHERE o.note_id = b.${table.noteId}), '{}')`;
}

function requirePosition({ position }: BlocksTable): string {
  if (position === null) throw new TypeError('there is no column with the position of blocks'); // the configuration requires it
  return position;
}
