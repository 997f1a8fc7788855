import { createRequire } from 'node:module';
import type { PgBoss } from 'pg-boss';

type Drift = Awaited<ReturnType<PgBoss['detectSchemaDrift']>>;

/** What of pg-boss's own tables is not as its code expects it. */
export interface SchemaState {
  readonly version: number | null;
  /** The version that this pg-boss makes; null where it does not say. */
  readonly expected: number | null;
  /** What differs, in words. Empty where the version is another: it cannot be told then. */
  readonly differences: readonly string[];
  /** Statements that mend what can be mended by one. */
  readonly statements: readonly string[];
}

/** Looks at pg-boss's schema without starting pg-boss, which would make or migrate it. */
export async function readSchemaState(boss: PgBoss): Promise<SchemaState> {
  const version = await boss.schemaVersion();
  const expected = expectedVersion();
  if (version !== expected && expected !== null) return { version, expected, differences: [], statements: [] };
  const drift = await boss.detectSchemaDrift();
  const indexes = [...drift.missing, ...drift.invalid, ...drift.mismatched];
  return {
    version,
    expected,
    differences: drift.ok ? [] : describe(drift),
    statements: indexes.flatMap(({ definition }) => (definition === undefined ? [] : [definition])),
  };
}

/** The version of the schema that this pg-boss makes; null where it does not say. */
export function expectedVersion(): number | null {
  const description: unknown = createRequire(import.meta.url)('pg-boss/package.json');
  const { pgboss } = description as { pgboss?: { schema?: unknown } };
  return typeof pgboss?.schema === 'number' ? pgboss.schema : null;
}

function describe(drift: Drift): string[] {
  const named = (what: string, names: readonly string[]) => (names.length === 0 ? [] : [`${what} ${names.join(', ')}`]);
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
  const tables = (list: readonly { readonly table: string }[]) => list.map(({ table }) => table);
  return [
    ...named('missing tables', drift.missingTables),
    ...named('missing indexes', names(drift.missing)),
    ...named('invalid indexes', names(drift.invalid)),
    ...named('other indexes than expected', names(drift.mismatched)),
    ...named('missing functions', names(drift.missingFunctions)),
    ...named('other functions than expected', names(drift.mismatchedFunctions)),
    ...named('other columns than expected in', tables(drift.columnDrift)),
    ...named('other constraints than expected in', tables(drift.constraintDrift)),
    ...named('other values than expected in', drift.enumDrift === null ? [] : [drift.enumDrift.name]),
  ];
}
