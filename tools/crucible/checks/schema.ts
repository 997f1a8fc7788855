import type { CrucibleDatabase } from '../testbed/database.js';

/** Everything in the API's schema that DDL could change, as one text to compare. */
export async function readSchema(database: CrucibleDatabase): Promise<string> {
  const rows = await database.persist<{ line: string }>(`
SELECT 'column ' || attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull AS line
  FROM pg_attribute WHERE attrelid IN ('blocks'::regclass, 'notes'::regclass) AND attnum > 0
UNION ALL SELECT 'relation ' || relname || ' ' || relkind::text || ' ' || coalesce(reloptions::text, '') FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger ' || tgname || ' ' || tgenabled::text || ' ' || pg_get_triggerdef(oid) FROM pg_trigger
  WHERE tgrelid IN ('blocks'::regclass, 'notes'::regclass) AND NOT tgisinternal
UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid IN ('blocks'::regclass, 'notes'::regclass)
UNION ALL SELECT 'function ' || p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
ORDER BY 1`);
  return rows.map(({ line }) => line).join('\n');
}
