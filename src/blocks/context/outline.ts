import type { BlocksTable } from '../table.js';

/** Of a note with more headings, only the first are in its outline: it is read for each claim, and counts in its text budget. */
const MAX_OUTLINE_BYTES = 256 * 1024;

/**
 * SQL for the CTE `outline`: the headings of some notes, one row a note, in the order of their positions. It reads each note
 * once, however many of its blocks a statement works on. `sources` holds the contents, each after its length, and `ends` where
 * each ends there, in bytes: what is above a block is a beginning of it.
 *
 * @param notes SQL for a query of the notes' ids, each once
 */
export function outlineSql(table: BlocksTable, notes: string): string {
  const position = `h.${requirePosition(table)}`;
  // LATERAL, so that each note's headings are read through an index: of several notes at once the planner expected so many that it
  // read the whole table.
  return `outline AS MATERIALIZED (
  SELECT n.note_id, o.* FROM (${notes}) AS n (note_id) CROSS JOIN LATERAL (
    SELECT array_agg(position) AS positions, array_agg(content) AS headings, array_agg(upto::int) AS ends, string_agg(source, '') AS sources
      FROM (SELECT position, content, source, sum(octet_length(source)) OVER (ORDER BY position, id) AS upto
              FROM (SELECT ${position} AS position, h.${table.id} AS id, c.content,
                           convert_to(octet_length(c.content) || ':' || c.content, 'UTF8') AS source
                      FROM ${table.blocks} h CROSS JOIN LATERAL (SELECT coalesce(h.${table.content}::text, '') AS content OFFSET 0) c
                     WHERE h.${table.noteId} = n.note_id AND h.${table.type}::text = 'heading' AND ${position} IS NOT NULL
                     ORDER BY ${position}, h.${table.id} OFFSET 0) h) h
     WHERE upto <= ${MAX_OUTLINE_BYTES}) o
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
  const notes = `SELECT DISTINCT b.${table.noteId} FROM ${table.blocks} b WHERE b.${table.id} = ANY (${ids})`;
  return `WITH ${outlineSql(table, notes)}\n`;
}

/** SQL for the number of headings above the block at alias `b`, those with a lower position, in the outline at alias `o`. */
export function countAboveSql(table: BlocksTable): string {
  const position = `b.${requirePosition(table)}`;
  return `coalesce(array_position(o.positions, ${position}) - 1, width_bucket(${position}, o.positions))`;
}

/** SQL for the contents of the headings above the block at alias `b`, in order. The statement must have the CTE `outline`. */
export function headingsAboveSql(table: BlocksTable): string {
  return `coalesce((SELECT o.headings[:${countAboveSql(table)}] FROM outline o WHERE o.note_id = b.${table.noteId}), '{}')`;
}

/** The same as one bytea, different for different headings, which costs no more for many headings than copying it. */
export function sourcesAboveSql(table: BlocksTable): string {
  const source = `substring(o.sources FROM 1 FOR o.ends[${countAboveSql(table)}])`;
  return `coalesce((SELECT ${source} FROM outline o WHERE o.note_id = b.${table.noteId}), '')`;
}

function requirePosition({ position }: BlocksTable): string {
  if (position === null) throw new TypeError('there is no column with the position of blocks'); // the configuration requires it
  return position;
}
