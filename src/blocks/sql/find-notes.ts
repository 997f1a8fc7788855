import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/**
 * The notes among these that exist: from the id as given to the id as Postgres prints it.
 *
 * @param ids that can be cast to the column's type
 */
export async function findNotes(
  db: Queryable,
  table: BlocksTable,
  noteIdType: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db.query<{ given: string; id: string }>(
    `SELECT v.given, n.${table.notesId}::text AS id
  FROM unnest($1::text[]) AS v(given) JOIN ${table.notes} n ON n.${table.notesId} = v.given::${noteIdType}`,
    [ids],
  );
  return new Map(rows.map(({ given, id }) => [given, id]));
}
