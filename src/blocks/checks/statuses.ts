import type { Database } from '../../postgres/database.js';
import { quoteColumn, quoteTable } from '../../postgres/identifiers.js';
import { ConfigurationError } from '../../base/errors.js';
import { findRefusals } from './check-constraints.js';
import { ourColumns } from '../sql/our-columns.js';
import { listed } from '../sql/read-relations.js';
import { requireLookedUp } from './status-lookup.js';
import { requireStatusType } from './status-type.js';
import type { BlocksTable } from '../table.js';

/**
 * Proves from the catalogue that our two columns take all that we write: every status, and no vector. Takes no row, so
 * that a table without blocks is checked, too.
 *
 * @throws ConfigurationError with the statements that have them take it
 */
export async function requireStatuses(db: Database, table: BlocksTable): Promise<void> {
  await requireWritable(db, table);
  await requireStatusType(db, table);
  await requireLookedUp(db, table);
  const refusals = await findRefusals(db, table);
  if (refusals.length === 0) return;
  const told = refusals.map(({ name, on, statuses }) =>
    statuses.length > 0
      ? `${on}.${table.columns.status} does not take ${statuses.join(', ')}: the constraint "${name}" refuses it`
      : `${on}.${table.columns.embedding} does not take what the worker writes: the constraint "${name}" refuses it`,
  );
  throw new ConfigurationError('SCHEMA_STATUS', told.join('; '), { fix: refusals.map(({ fix }) => fix).join('\n') });
}

interface Unwritable {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly column: string;
  readonly isGenerated: boolean;
  readonly isTop: boolean;
}

async function requireWritable(db: Database, table: BlocksTable): Promise<void> {
  const found = await db.query<Unwritable>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
)
SELECT n.nspname::text AS schema, c.relname::text AS table, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
       a.attname::text AS column, a.attgenerated <> '' AS "isGenerated", c.oid = to_regclass($1) AS "isTop"
  FROM tree JOIN pg_attribute a ON a.attrelid = tree.oid JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE a.attname = ANY ($2::text[]) AND (a.attgenerated <> '' OR (a.attnotnull AND a.attname = $3))
 ORDER BY "isTop" DESC, name, a.attname`,
    [table.blocks, ourColumns(table), table.columns.embedding],
  );
  // What the table at the top gives up, those below it give up, too.
  const top = found.filter(({ isTop }) => isTop);
  const unwritable = top.length > 0 ? top : found;
  if (unwritable.length === 0) return;
  const told = unwritable.map(({ name, column, isGenerated }) =>
    isGenerated ? `${name}.${column} is generated` : `${name}.${column} is NOT NULL`,
  );
  throw new ConfigurationError(
    'SCHEMA_STATUS',
    `${listed(told)}, so that the worker cannot write it; a block that is new or holds no text has no vector`,
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
