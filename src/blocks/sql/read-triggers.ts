import type { Queryable } from '../../postgres/database.js';
import { CHANNEL } from '../channel.js';
import { writtenColumns, type BlocksTable } from '../table.js';

export interface Trigger {
  /** pg_trigger.oid, as text. */
  readonly oid: string;
  readonly name: string;
  /** The oid of its table: the blocks table, or one below it. */
  readonly relation: string;
  /** Fires for each row; otherwise once for each statement that names its table. */
  readonly forEachRow: boolean;
  /** Whether ordinary sessions, such as the API's, fire it. */
  readonly enabled: boolean;
  /** Whether our sessions fire it; their session_replication_role may be `replica`. */
  readonly firesForWorker: boolean;
  /** Fires whatever the session_replication_role. */
  readonly firesAlways: boolean;
  readonly onInsert: boolean;
  readonly onUpdate: boolean;
  /** Whether its arguments or its function's source contain our channel. False if only a function that it calls does. */
  readonly notifies: boolean;
  /** Whether they contain the status column, `pending`, a NOTIFY or our channel. */
  readonly concernsStatus: boolean;
  /** Whether an update of only our two columns can fire it, as far as the catalogue shows. */
  readonly coversWrittenColumns: boolean;
  /** As SQL names it. */
  readonly functionName: string;
  /** How the server names it in the context of an error. */
  readonly functionSignature: string;
}

/**
 * The triggers on the blocks table and all tables below it, without those that PostgreSQL creates for constraints. A row
 * trigger of a partitioned table is listed for that table, where it never fires, and for each partition, which has a copy.
 * The bits of tgtype are defined in pg_trigger.h.
 */
export async function readTriggers(db: Queryable, table: BlocksTable): Promise<Trigger[]> {
  return await db.query<Trigger>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
)
SELECT t.oid::text AS oid, t.tgname::text AS name, t.tgrelid::text AS relation, t.tgtype & 1 <> 0 AS "forEachRow",
       t.tgenabled IN ('O', 'A') AS enabled, t.tgenabled = 'A' AS "firesAlways",
       t.tgenabled IN ('A', CASE current_setting('session_replication_role') WHEN 'replica' THEN 'R' ELSE 'O' END) AS "firesForWorker",
       t.tgtype & 4 <> 0 AS "onInsert", t.tgtype & 16 <> 0 AS "onUpdate",
       strpos(source, $2) > 0 AS notifies,
       source ~* ('\\y(' || $2 || '|' || regexp_replace($4, '\\W', '\\\\\\&', 'g') || '|pending|pg_notify|notify)\\y') AS "concernsStatus",
       t.tgtype & 16 <> 0 AND (cardinality(t.tgattr::int2[]) = 0 OR EXISTS (
         SELECT FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr::int2[])
            AND a.attname = ANY ($3::text[]))) AS "coversWrittenColumns",
       t.tgfoid::regprocedure::text AS "functionName", p.proname || '()' AS "functionSignature"
  FROM tree JOIN pg_trigger t ON t.tgrelid = tree.oid JOIN pg_proc p ON p.oid = t.tgfoid
 CROSS JOIN LATERAL (SELECT p.prosrc || ' ' || encode(t.tgargs, 'escape') AS source) s
 WHERE (NOT t.tgisinternal OR t.tgparentid <> 0)
   AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.oid = t.tgconstraint AND c.contype <> 't')
 ORDER BY t.tgname, t.tgrelid`,
    [table.blocks, CHANNEL, writtenColumns(table), table.columns.status],
  );
}
