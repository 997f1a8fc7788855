import type { Queryable } from '../database/database.js';
import { quoteColumn } from '../database/identifiers.js';
import { ConfigurationError } from '../errors.js';
import { OUR_COLUMNS } from './our-columns.js';
import type { BlocksTable } from './table.js';

/**
 * Checks that the role may read what it embeds and write its two columns.
 *
 * @throws ConfigurationError with the GRANTs that are missing
 */
export async function requirePrivileges(db: Queryable, table: BlocksTable): Promise<void> {
  const { id, noteId, type, content, notesId, notesTitle } = table.columns;
  const [row] = await db.query<{ role: string; missing: string[] }>(
    `SELECT current_user::text AS role, ARRAY(
  SELECT 'SELECT on blocks ' || c FROM unnest($3::text[]) c WHERE NOT has_column_privilege($1, c, 'SELECT')
  UNION ALL
  SELECT 'SELECT on notes ' || c FROM unnest($4::text[]) c WHERE NOT has_column_privilege($2, c, 'SELECT')
  UNION ALL
  SELECT 'UPDATE on blocks ' || c FROM unnest($5::text[]) c WHERE NOT has_column_privilege($1, c, 'UPDATE')
) AS missing`,
    [table.blocks, table.notes, [id, noteId, type, content, ...OUR_COLUMNS], [notesId, notesTitle], OUR_COLUMNS],
  );
  if (row === undefined || row.missing.length === 0) return;
  const role = quoteColumn(row.role);
  const lacks = (privilege: string) => row.missing.some((missing) => missing.startsWith(privilege));
  const grants = [
    ...(lacks('SELECT on blocks') ? [`GRANT SELECT ON ${table.blocks} TO ${role};`] : []),
    ...(lacks('SELECT on notes') ? [`GRANT SELECT ON ${table.notes} TO ${role};`] : []),
    ...(lacks('UPDATE') ? [`GRANT UPDATE (${OUR_COLUMNS.join(', ')}) ON ${table.blocks} TO ${role};`] : []),
  ];
  throw new ConfigurationError(
    'SCHEMA_PRIVILEGE',
    `the role ${row.role} may not do what the worker must (${row.missing.join(', ')})`,
    { fix: grants.join('\n') },
  );
}
