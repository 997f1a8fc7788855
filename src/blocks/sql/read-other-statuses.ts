import type { Queryable } from '../../postgres/database.js';
import { writtenColumns, type BlocksTable } from '../table.js';

/** A column in which a worker with another model keeps its status. */
export interface OtherStatus {
  /** As in the catalogue. */
  readonly name: string;
  /** Whether NULL counts as pending. A column that only a trigger's function names may be no status at all. */
  readonly isPendingIfNull: boolean;
}

/**
 * The columns in which workers with other models keep their status, as far as the catalogue shows: their type is a text, or
 * an enum that has `pending`, and they either default to `pending` or are named by a trigger's function. None if the table has
 * no other column of vectors.
 */
export async function readOtherStatuses(db: Queryable, table: BlocksTable): Promise<OtherStatus[]> {
  return await db.query<OtherStatus>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
), base AS (
  SELECT oid, typname, oid AS base, typtype, typbasetype FROM pg_type
   UNION ALL
  SELECT base.oid, base.typname, t.oid, t.typtype, t.typbasetype
    FROM base JOIN pg_type t ON t.oid = base.typbasetype WHERE base.typtype = 'd'
), columns AS (
  SELECT a.attname::text AS name, coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS standard, base.typname AS "typeName",
         base.base IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)
           OR EXISTS (SELECT FROM pg_enum e WHERE e.enumtypid = base.base AND e.enumlabel = 'pending') AS "holdsStatus"
    FROM pg_attribute a JOIN base ON base.oid = a.atttypid AND base.typtype <> 'd'
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
     AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
)
SELECT name, standard LIKE '%pending%' AS "isPendingIfNull" FROM columns
 WHERE "holdsStatus" AND name <> ALL ($2::text[])
   AND (standard LIKE '%pending%' OR EXISTS (
         SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
          WHERE t.tgrelid IN (SELECT oid FROM tree) AND p.prosrc LIKE '%pending%'
            AND strpos(lower(p.prosrc), lower(name)) > 0))
   AND EXISTS (SELECT FROM columns WHERE "typeName" IN ('vector', 'halfvec') AND name <> $3)
 ORDER BY name`,
    [table.blocks, ownColumns(table), table.columns.embedding],
  );
}

/** The columns of blocks that the configuration names. */
function ownColumns(table: BlocksTable): readonly string[] {
  const { id, noteId, type, content, position } = table.columns;
  return [id, noteId, type, content, ...(position === null ? [] : [position]), ...writtenColumns(table)];
}
