import { ConfigurationError } from '../../base/errors.js';
import type { Queryable } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';
import { readRelations } from '../sql/read-relations.js';
import type { BlocksTable } from '../table.js';

/**
 * Checks that the headings of a note can be found without reading the whole table, if paths are embedded: every claim and
 * every store look for them.
 *
 * @returns the names of the indexes; empty if none is needed
 * @throws ConfigurationError with the statements that create what is missing
 */
export async function requireNoteIndex(db: Queryable, table: BlocksTable): Promise<string[]> {
  if (table.context !== 'path') return [];
  const relations = await readRelations(db, table);
  const holders = relations.filter(({ isPartitioned, isForeign }) => !isPartitioned && !isForeign);
  const indexes = await db.query<{ relation: string; name: string }>(
    `SELECT i.indrelid::text AS relation, i.indexrelid::regclass::text AS name
  FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
 WHERE i.indrelid = ANY ($1::text[]::oid[]) AND i.indisvalid AND i.indpred IS NULL AND a.attname = $2
 ORDER BY name`,
    [holders.map(({ oid }) => oid), table.columns.noteId],
  );
  const without = holders.filter(({ oid }) => !indexes.some(({ relation }) => relation === oid));
  if (without.length === 0) return indexes.map(({ name }) => name);
  const columns = [table.columns.noteId, table.columns.position ?? ''].map(quoteColumn).join(', ');
  throw new ConfigurationError(
    'SCHEMA_INDEX',
    `PALDOCS_EMBEDDING_CONTEXT is path, and no index of ${without.map(({ name }) => name).join(', ')} begins with ${table.columns.noteId}: each claim and store would read the whole table to find the headings of a note`,
    { fix: without.map(({ sql }) => `CREATE INDEX CONCURRENTLY ON ${sql} (${columns});`).join('\n') },
  );
}
