import { ConfigurationError } from '../../base/errors.js';
import type { Queryable } from '../../postgres/database.js';
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
 CROSS JOIN LATERAL (SELECT pg_get_expr(i.indpred, i.indrelid) AS predicate) p
 WHERE i.indrelid = ANY ($1::text[]::oid[]) AND i.indisvalid AND a.attname = $2
   AND (i.indpred IS NULL OR (p.predicate ~ '= ''heading''::text\\)$' AND p.predicate !~ ' (AND|OR) '))
 ORDER BY name`,
    [holders.map(({ oid }) => oid), table.columns.noteId],
  );
  const without = holders.filter(({ oid }) => !indexes.some(({ relation }) => relation === oid));
  if (without.length === 0) return indexes.map(({ name }) => name);
  const headings = (await isText(db, table)) ? ` WHERE ${table.type} = 'heading'` : '';
  throw new ConfigurationError(
    'SCHEMA_INDEX',
    `PALDOCS_EMBEDDING_CONTEXT is path, and no index of ${without.map(({ name }) => name).join(', ')} begins with ${table.columns.noteId}: each claim and store would read the whole table to find the headings of a note`,
    { fix: without.map(({ sql }) => `CREATE INDEX CONCURRENTLY ON ${sql} (${table.noteId})${headings};`).join('\n') },
  );
}

/** Statements compare the type as text, so an index of the headings alone serves them only if it is one. */
async function isText(db: Queryable, table: BlocksTable): Promise<boolean> {
  const [row] = await db.query<{ isText: boolean }>(
    `SELECT atttypid IN ('text'::regtype, 'varchar'::regtype) AS "isText" FROM pg_attribute
 WHERE attrelid = to_regclass($1) AND attname = $2`,
    [table.blocks, table.columns.type],
  );
  return row?.isText === true;
}
