import type { TableNames } from '../config.js';
import { quoteColumn, quoteTable } from '../database/identifiers.js';
import type { Queryable } from '../database/database.js';
import { ConfigurationError } from '../errors.js';
import type { BlocksTable } from './table.js';

/**
 * Checks that the role may read what it embeds and write its two columns.
 *
 * @throws ConfigurationError with the GRANTs that are missing
 */
export async function requirePrivileges(db: Queryable, names: TableNames, table: BlocksTable): Promise<void> {
  const blocksColumns = [
    names.blocksId,
    names.blocksNoteId,
    names.blocksType,
    names.blocksContent,
    'embedding',
    'embedding_status',
  ];
  const [row] = await db.query<{ role: string; missing: string[] }>(
    `SELECT current_user AS role, ARRAY(
  SELECT 'SELECT on blocks ' || c FROM unnest($3::text[]) c WHERE NOT has_column_privilege($1, c, 'SELECT')
  UNION ALL
  SELECT 'SELECT on notes ' || c FROM unnest($4::text[]) c WHERE NOT has_column_privilege($2, c, 'SELECT')
  UNION ALL
  SELECT 'UPDATE on blocks ' || c FROM unnest(ARRAY['embedding', 'embedding_status']) c WHERE NOT has_column_privilege($1, c, 'UPDATE')
) AS missing`,
    [quoteTable(names.blocksTable), quoteTable(names.notesTable), blocksColumns, [names.notesId, names.notesTitle]],
  );
  if (row === undefined || row.missing.length === 0) return;
  const role = quoteColumn(row.role);
  const grants = [
    row.missing.some((m) => m.startsWith('SELECT on blocks')) && `GRANT SELECT ON ${table.blocks} TO ${role}`,
    row.missing.some((m) => m.startsWith('SELECT on notes')) && `GRANT SELECT ON ${table.notes} TO ${role}`,
    row.missing.some((m) => m.startsWith('UPDATE')) &&
      `GRANT UPDATE (embedding, embedding_status) ON ${table.blocks} TO ${role}`,
  ].filter((grant) => grant !== false);
  throw new ConfigurationError(
    'SCHEMA_PRIVILEGE',
    `the role ${row.role} may not do what the worker must (${row.missing.join(', ')}): ${grants.join('; ')}`,
  );
}
