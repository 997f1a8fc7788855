import type { Queryable } from './database.js';

export interface Extension {
  /** Version in this database; null: not installed. */
  readonly installed: string | null;
  /** Version that CREATE EXTENSION would install; null: the server does not have it. */
  readonly available: string | null;
}

export async function readExtension(db: Queryable, name: string): Promise<Extension> {
  const [row] = await db.query<Extension>(
    `SELECT (SELECT extversion FROM pg_extension WHERE extname = $1) AS installed,
       (SELECT default_version FROM pg_available_extensions WHERE name = $1) AS available`,
    [name],
  );
  return row ?? { installed: null, available: null };
}
