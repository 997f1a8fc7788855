import type { Queryable } from '../../postgres/database.js';
import { headingsAboveSql, withOutline } from '../context/outline.js';
import type { BlocksTable } from '../table.js';

/** The contents of the headings above each of these blocks, in order, whatever their level. By block. */
export async function findHeadingsAbove(
  db: Queryable,
  table: BlocksTable,
  ids: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const given = `$1::text[]::${table.idType}[]`;
  const rows = await db.query<{ id: string; headings: string[] }>(
    `${withOutline(table, given)}SELECT b.${table.id}::text AS id, ${headingsAboveSql(table)} AS headings
  FROM ${table.blocks} b WHERE b.${table.id} = ANY (${given})`,
    [ids],
  );
  return new Map(rows.map(({ id, headings }) => [id, headings]));
}
