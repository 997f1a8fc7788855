import { sourcesAboveSql } from './context/outline.js';
import type { BlocksTable } from './table.js';

/**
 * SQL for the fingerprint of the block at alias `b`: a hash of everything that its text is built from. Claim and store use
 * the same expression, so equal fingerprints mean equal text. Title and headings are included only if the text contains
 * them; their lengths come first, and no length begins with `-`, so that different pairs of context and content cannot give the
 * same input. For headings, the
 * statement must begin with `withContext`.
 *
 * sha256 instead of md5, which a server in FIPS mode rejects. About 1 µs for a typical block, 3 ms for one of 1 MB.
 *
 * @param title SQL for a subquery of the note's title, if the statement has read it already
 */
export function fingerprintSql(table: BlocksTable, title = titleSql(table)): string {
  return `encode(sha256(${inputSql(table, title)}), 'hex')`;
}

/** SQL for what is hashed, a bytea. */
function inputSql(table: BlocksTable, title: string): string {
  const type = `coalesce(b.${table.type}::text, '') || E'\\n'`;
  const sizedTitle = `coalesce((SELECT length(t) || ':' || t FROM ${title} AS x(t)), '-')`;
  const content = `coalesce(b.${table.content}::text, '')`;
  const bytes = (...texts: string[]) => `convert_to(${texts.join(' || ')}, 'UTF8')`;
  switch (table.context) {
    case 'headings':
      return bytes(type, `CASE WHEN b.${table.type}::text = 'heading' THEN ${sizedTitle} ELSE '' END`, content);
    case 'title':
      return bytes(type, sizedTitle, content);
    case 'path':
      return `${bytes(type, sizedTitle)} || ${sourcesAboveSql(table)} || ${bytes(`'-'`, content)}`;
  }
}

function titleSql(table: BlocksTable): string {
  return `(SELECT n.${table.notesTitle}::text FROM ${table.notes} n WHERE n.${table.notesId} = b.${table.noteId})`;
}
