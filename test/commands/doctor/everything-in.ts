import type { TestDatabase } from '../../support/test-database.js';

export interface Everything {
  readonly relations: readonly Readonly<Record<string, unknown>>[];
  readonly catalogue: readonly Readonly<Record<string, unknown>>[];
  readonly rows: Readonly<Record<string, string | null>>;
}

/** Everything that a command could change in a database: objects, privileges, and a hash of each table's rows. */
export async function everythingIn(db: TestDatabase): Promise<Everything> {
  const relations = await db.query<{ name: string; relkind: string }>(
    `SELECT n.nspname || '.' || c.relname AS name, c.relkind, c.relowner, c.relacl::text, c.reloptions,
            (SELECT string_agg(t.tgname || t.tgenabled::text, ',' ORDER BY t.tgname) FROM pg_trigger t
              WHERE t.tgrelid = c.oid) AS triggers
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1`,
  );
  const catalogue = await db.query(
    `SELECT 'function' AS kind, oid::regprocedure::text AS name, prosrc AS detail FROM pg_proc WHERE pronamespace > 16383
      UNION ALL SELECT 'column', attrelid::regclass || '.' || attname, format_type(atttypid, atttypmod)
                  FROM pg_attribute WHERE attrelid > 16383 AND NOT attisdropped AND attnum > 0
      UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid > 16383
      UNION ALL SELECT 'schema', nspname, nspacl::text FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
      UNION ALL SELECT 'extension', extname, extversion FROM pg_extension
      UNION ALL SELECT 'setting', setdatabase::text, setconfig::text FROM pg_db_role_setting
       WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
      ORDER BY 1, 2, 3`,
  );
  const rows: Record<string, string | null> = {};
  for (const { name, relkind } of relations) {
    if (!['r', 'S', 'p'].includes(relkind)) continue;
    const quoted = name.split('.').map((part) => `"${part}"`);
    const [row] = await db.query<{ hash: string | null }>(
      `SELECT md5(string_agg(row, E'\\n' ORDER BY row)) AS hash FROM (SELECT ROW(t.*)::text AS row FROM ${quoted.join('.')} t) r`,
    );
    rows[name] = row?.hash ?? null;
  }
  return { relations, catalogue, rows };
}
