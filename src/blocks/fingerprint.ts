import type { BlocksTable } from './table.js';

/**
 * SQL for the fingerprint of the block at alias `b`: a hash of everything that its text is built from. Claim and store use
 * the same expression, so equal fingerprints mean equal text. The title is included only for headings, whose text contains
 * it; its length comes first, so that different pairs of title and content cannot give the same input.
 *
 * sha256 instead of md5, which a server in FIPS mode rejects. About 1 µs for a typical block, 3 ms for one of 1 MB.
 */
export function fingerprintSql(table: BlocksTable): string {
  const title = `(SELECT n.${table.notesTitle}::text FROM ${table.notes} n WHERE n.${table.notesId} = b.${table.noteId})`;
  return `encode(sha256(convert_to(
    coalesce(b.${table.type}::text, '') || E'\\n' ||
    CASE WHEN b.${table.type}::text = 'heading' THEN coalesce((SELECT length(t) || ':' || t FROM ${title} AS x(t)), '-') ELSE '' END ||
    coalesce(b.${table.content}::text, ''), 'UTF8')), 'hex')`;
}
