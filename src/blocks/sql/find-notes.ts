import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/**
 * Which of these notes exist: by the id as it was given, the id as Postgres prints it.
 *
 * @param ids such as the column's type accepts
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
