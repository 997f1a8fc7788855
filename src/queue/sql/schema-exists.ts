import { quoteColumn } from '../../database/identifiers.js';
import type { Queryable } from '../../database/database.js';

/** Whether the database has a schema of that name. */
export async function schemaExists(db: Queryable, schema: string): Promise<boolean> {
  const [row] = await db.query<{ exists: boolean }>('SELECT to_regnamespace($1) IS NOT NULL AS exists', [
    quoteColumn(schema),
  ]);
  return row?.exists === true;
}
