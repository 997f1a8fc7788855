import type { Queryable } from '../../postgres/database.js';
import { writtenColumns, type BlocksTable } from '../table.js';

/**
 * The columns in which workers with other models keep their status, as far as the catalogue shows: they have the type of our
 * status column, and either default to `pending` or are named by a trigger's function. None if the table has no other column
 * of vectors.
 *
 * @returns their names, as in the catalogue
 */
export async function readOtherStatuses(db: Queryable, table: BlocksTable): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
), columns AS (
  SELECT a.attname::text AS name, a.atttypid AS type, pg_get_expr(d.adbin, d.adrelid) AS standard, t.typname AS "typeName"
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
     AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
)
SELECT name FROM columns
 WHERE type = (SELECT atttypid FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2)
   AND name <> ALL ($3::text[])
   AND (standard LIKE '%pending%' OR EXISTS (
         SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
          WHERE t.tgrelid IN (SELECT oid FROM tree) AND p.prosrc LIKE '%pending%' AND strpos(p.prosrc, name) > 0))
   AND EXISTS (SELECT FROM columns WHERE "typeName" IN ('vector', 'halfvec') AND name <> $4)
 ORDER BY name`,
    [table.blocks, table.columns.status, ownColumns(table), table.columns.embedding],
  );
  return rows.map(({ name }) => name);
}

/** The columns of blocks that the configuration names. */
function ownColumns(table: BlocksTable): readonly string[] {
  const { id, noteId, type, content } = table.columns;
  return [id, noteId, type, content, ...writtenColumns(table)];
}
