import type { Database } from '../../postgres/database.js';
import { quoteColumn, quoteTable } from '../../postgres/identifiers.js';
import { ConfigurationError } from '../../base/errors.js';
import { findRejectingChecks } from './check-constraints.js';
import { requireStatusesInLookup } from './status-lookup.js';
import { requireStatusType } from './status-type.js';
import { writtenColumns, type BlocksTable } from '../table.js';
import { joinNames } from './join-names.js';

/**
 * Proves from the catalogue that our two columns accept everything we write: every status, and NULL as vector. It needs
 * no row, so it also checks a table without blocks.
 *
 * @throws ConfigurationError with the statements that make them accept it
 */
export async function requireStatuses(db: Database, table: BlocksTable): Promise<void> {
  await requireWritable(db, table);
  await requireStatusType(db, table);
  await requireStatusesInLookup(db, table);
  const rejecting = await findRejectingChecks(db, table);
  if (rejecting.length === 0) return;
  const messages = rejecting.map(({ name, on, statuses }) =>
    statuses.length > 0
      ? `${on}.${table.columns.status} does not accept ${statuses.join(', ')}: the constraint "${name}" rejects it`
      : `${on}.${table.columns.embedding} does not accept what the worker writes: the constraint "${name}" rejects it`,
  );
  throw new ConfigurationError('SCHEMA_STATUS', messages.join('; '), {
    fix: rejecting.map(({ fix }) => fix).join('\n'),
  });
}

interface UnwritableColumn {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly column: string;
  readonly isGenerated: boolean;
  readonly isTop: boolean;
}

async function requireWritable(db: Database, table: BlocksTable): Promise<void> {
  const found = await db.query<UnwritableColumn>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
)
SELECT n.nspname::text AS schema, c.relname::text AS table, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
       a.attname::text AS column, a.attgenerated <> '' AS "isGenerated", c.oid = to_regclass($1) AS "isTop"
  FROM tree JOIN pg_attribute a ON a.attrelid = tree.oid JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE a.attname = ANY ($2::text[]) AND (a.attgenerated <> '' OR (a.attnotnull AND a.attname = $3))
 ORDER BY "isTop" DESC, name, a.attname`,
    [table.blocks, writtenColumns(table), table.columns.embedding],
  );
  // Changing the top table also changes the tables below it.
  const top = found.filter(({ isTop }) => isTop);
  const unwritable = top.length > 0 ? top : found;
  if (unwritable.length === 0) return;
  const messages = unwritable.map(({ name, column, isGenerated }) =>
    isGenerated ? `${name}.${column} is generated` : `${name}.${column} is NOT NULL`,
  );
  throw new ConfigurationError(
    'SCHEMA_STATUS',
    `${joinNames(messages)}: the worker must be able to write it, and blocks that are new or without text have no vector`,
    {
      fix: unwritable
        .map(
          ({ schema, table: relation, column, isGenerated }) =>
            `ALTER TABLE ${quoteTable(schema, relation)} ALTER COLUMN ${quoteColumn(column)} DROP ${isGenerated ? 'EXPRESSION' : 'NOT NULL'};`,
        )
        .join('\n'),
    },
  );
}
