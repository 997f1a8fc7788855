import type { BlocksTable } from './table.js';

/**
 * SQL for the fingerprint of the block at alias `b`: a hash over all that its text is made from. Claim and store use
 * the very same expression, so that equal fingerprints mean equal text. The title counts for headings only, whose text
 * holds it; its length stands before it, so that no title and content can be mistaken for another pair.
 *
 * sha256 and not md5, which a server in FIPS mode refuses. About 1 µs for a usual block, 3 ms for one of 1 MB.
 */
export function fingerprintSql(table: BlocksTable): string {
  const title = `(SELECT n.${table.notesTitle}::text FROM ${table.notes} n WHERE n.${table.notesId} = b.${table.noteId})`;
  return `encode(sha256(convert_to(
    coalesce(b.${table.type}::text, '') || E'\\n' ||
    CASE WHEN b.${table.type}::text = 'heading' THEN coalesce((SELECT length(t) || ':' || t FROM ${title} AS x(t)), '-') ELSE '' END ||
    coalesce(b.${table.content}::text, ''), 'UTF8')), 'hex')`;
}
