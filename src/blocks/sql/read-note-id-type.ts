import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/** The type of the notes' ids as a cast: `bigint`, `uuid`, … pg_typeof returns it even without any note. */
export async function readNoteIdType(db: Queryable, table: BlocksTable): Promise<string> {
  const [row] = await db.query<{ type: string }>(
    `SELECT pg_typeof((SELECT n.${table.notesId} FROM ${table.notes} n LIMIT 1))::text AS type`,
  );
  return row?.type ?? 'text';
}
