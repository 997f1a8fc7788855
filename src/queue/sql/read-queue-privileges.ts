import { quoteColumn } from '../../postgres/identifiers.js';
import type { Queryable } from '../../postgres/database.js';

export interface QueuePrivileges {
  readonly role: string;
  readonly database: string;
  /** Whether the schema exists. */
  readonly exists: boolean;
  /** Whether it holds pg-boss's tables. */
  readonly installed: boolean;
  /** Whether the role may create the schema. */
  readonly mayCreate: boolean;
  /** Whether the role may create tables in the schema, if it exists. */
  readonly mayCreateIn: boolean;
  /** Whether the role may use the schema, if it exists. */
  readonly mayUse: boolean;
  /** Whether the role owns pg-boss's tables, so it may migrate them and rebuild their indexes. */
  readonly owns: boolean;
  /** Whether the role may create queues, if pg-boss's tables exist. */
  readonly mayCreateQueues: boolean;
  /** Missing privileges by table, in the order of `NEEDED`. */
  readonly missing: readonly { readonly table: string; readonly privileges: readonly string[] }[];
}

/**
 * What a worker and the commands need; found by running them with no other privileges. Not `bam`: it holds statements that
 * the migrating role runs, so a role that may write it gains that role's privileges.
 */
const NEEDED = {
  version: ['SELECT', 'UPDATE'],
  queue: ['SELECT', 'UPDATE'],
  job: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  job_common: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  instance: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  job_dependency: ['SELECT', 'DELETE'],
} as const;

export async function readQueuePrivileges(db: Queryable, schema: string): Promise<QueuePrivileges> {
  const needed = Object.entries(NEEDED).flatMap(([table, privileges]) =>
    privileges.map((one) => [table, one] as const),
  );
  const [row] = await db.query<Omit<QueuePrivileges, 'missing'> & { lacking: [string, string][] }>(
    `SELECT current_user::text AS role, current_database()::text AS database, n.oid IS NOT NULL AS exists,
       v.oid IS NOT NULL AS installed,
       has_database_privilege(current_database(), 'CREATE') AS "mayCreate",
       coalesce(has_schema_privilege(n.oid, 'CREATE'), false) AS "mayCreateIn",
       coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS "mayUse",
       coalesce(pg_has_role(v.relowner, 'USAGE'), false) AS owns,
       coalesce(has_table_privilege(q.oid, 'INSERT'), false) AS "mayCreateQueues",
       ARRAY(SELECT ARRAY[c.relname::text, p]
               FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS needed (t, p, place)
               JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t
              WHERE NOT has_table_privilege(c.oid, p)
              ORDER BY place) AS lacking
  FROM (SELECT 1) one
  LEFT JOIN pg_namespace n ON n.oid = to_regnamespace($1)
  LEFT JOIN pg_class v ON v.relnamespace = n.oid AND v.relname = 'version'
  LEFT JOIN pg_class q ON q.relnamespace = n.oid AND q.relname = 'queue'`,
    [quoteColumn(schema), needed.map(([table]) => table), needed.map(([, privilege]) => privilege)],
  );
  if (row === undefined) throw new Error('SELECT returned no row');
  const { lacking, ...privileges } = row;
  const missing = Object.keys(NEEDED)
    .map((table) => ({ table, privileges: lacking.filter(([name]) => name === table).map(([, one]) => one) }))
    .filter((one) => one.privileges.length > 0);
  return { ...privileges, missing };
}
