import { quoteColumn } from '../../postgres/identifiers.js';
import type { Queryable } from '../../postgres/database.js';

/** The version of pg-boss's schema, which must exist; null if its version table is empty. */
export async function readSchemaVersion(db: Queryable, schema: string): Promise<number | null> {
  const [row] = await db.query<{ version: number }>(`SELECT version FROM ${quoteColumn(schema)}.version`);
  return row?.version ?? null;
}
