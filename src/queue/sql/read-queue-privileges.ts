import { quoteColumn } from '../../database/identifiers.js';
import type { Queryable } from '../../database/database.js';

export interface QueuePrivileges {
  readonly role: string;
  readonly database: string;
  /** Whether the schema is there. */
  readonly exists: boolean;
  /** Whether the role may make the schema. */
  readonly mayCreate: boolean;
  /** Whether the role may use the schema, where it is there. */
  readonly mayUse: boolean;
  /** Tables in it that the role may not read and write as pg-boss does. */
  readonly closedTables: readonly string[];
}

export async function readQueuePrivileges(db: Queryable, schema: string): Promise<QueuePrivileges> {
  const [row] = await db.query<QueuePrivileges>(
    `SELECT current_user::text AS role, current_database()::text AS database, n.oid IS NOT NULL AS exists,
       has_database_privilege(current_database(), 'CREATE') AS "mayCreate",
       coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS "mayUse",
       ARRAY(SELECT c.relname::text FROM pg_class c
              WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
                AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                         AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
              ORDER BY 1) AS "closedTables"
  FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.oid = to_regnamespace($1)`,
    [quoteColumn(schema)],
  );
  if (row === undefined) throw new Error('SELECT returned no row');
  return row;
}
