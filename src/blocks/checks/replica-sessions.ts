import type { Database } from '../../postgres/database.js';
import { quoteColumn, quoteTable } from '../../postgres/identifiers.js';
import { ConfigurationError } from '../../base/errors.js';
import { readRelations } from '../sql/read-relations.js';
import { writtenColumns, type BlocksTable } from '../table.js';
import { readTriggers } from '../sql/read-triggers.js';

/** Whether our sessions fire only triggers that are ALWAYS or REPLICA. */
export async function isReplicaSession(db: Database): Promise<boolean> {
  const [row] = await db.query<{ is: boolean }>(`SELECT current_setting('session_replication_role') = 'replica' AS is`);
  return row?.is === true;
}

/**
 * Checks that sessions which fire no ordinary triggers skip no foreign key: those are triggers, too.
 *
 * @throws ConfigurationError that names the foreign keys on our two columns
 */
export async function requireNoForeignKeys(db: Database, table: BlocksTable): Promise<void> {
  if (!(await isReplicaSession(db))) return;
  const keys = await db.query<{ name: string; schema: string; table: string; on: string }>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
)
SELECT DISTINCT k.conname::text AS name, n.nspname::text AS schema, c.relname::text AS table,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS on
  FROM tree JOIN pg_attribute a ON a.attrelid = tree.oid AND a.attname = ANY ($2::text[])
  JOIN pg_constraint k ON k.contype = 'f' AND k.conparentid = 0
   AND ((k.conrelid = tree.oid AND a.attnum = ANY (k.conkey)) OR (k.confrelid = tree.oid AND a.attnum = ANY (k.confkey)))
  JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY 1, 2, 3`,
    [table.blocks, writtenColumns(table)],
  );
  if (keys.length === 0) return;
  const [session] = await db.query<{ role: string; database: string }>(
    'SELECT session_user::text AS role, current_database()::text AS database',
  );
  const reset = `ALTER ROLE ${quoteColumn(session?.role ?? '')} IN DATABASE ${quoteColumn(session?.database ?? '')} RESET session_replication_role;`;
  throw new ConfigurationError(
    'SCHEMA_FOREIGN_KEY',
    `session_replication_role is replica, so the worker's writes are not checked by the foreign key ${keys.map(({ name, on }) => `"${name}" on ${on}`).join(', ')}`,
    {
      fix: [
        ...keys.map(
          (key) => `ALTER TABLE ${quoteTable(key.schema, key.table)} DROP CONSTRAINT ${quoteColumn(key.name)};`,
        ),
        `-- or, as a superuser: ${reset}`,
      ].join('\n'),
    },
  );
}

export interface SuppressedTrigger {
  readonly name: string;
  /** Its table: quoted, with schema. */
  readonly sql: string;
  /** The same for messages. */
  readonly on: string;
}

/**
 * The triggers that our writes would fire if the session's setting did not suppress them, such as those of an audit.
 * Triggers that notify us are left out: suppressing those is the purpose of the setting.
 */
export async function findSuppressedTriggers(db: Database, table: BlocksTable): Promise<SuppressedTrigger[]> {
  if (!(await isReplicaSession(db))) return [];
  const relations = await readRelations(db, table);
  const triggers = (await readTriggers(db, table)).filter(
    ({ enabled, firesForWorker, coversWrittenColumns, notifies }) =>
      enabled && !firesForWorker && coversWrittenColumns && !notifies,
  );
  const on = ({ relation }: { readonly relation: string }) => relations.find(({ oid }) => oid === relation);
  // A partition's copy of a trigger changes with the original.
  const isCopy = (one: (typeof triggers)[number]) =>
    on(one)?.parents.some((parent) =>
      triggers.some(({ name, relation }) => relation === parent && name === one.name),
    ) === true;
  return triggers
    .filter((one) => !isCopy(one))
    .flatMap((one) => {
      const relation = on(one);
      return relation === undefined ? [] : [{ name: one.name, sql: relation.sql, on: relation.name }];
    });
}
