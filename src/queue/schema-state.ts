import { createRequire } from 'node:module';
import type { PgBoss } from 'pg-boss';

type Drift = Awaited<ReturnType<PgBoss['detectSchemaDrift']>>;

/** How pg-boss's tables differ from what its code expects. */
export interface SchemaState {
  readonly version: number | null;
  /** The version that this pg-boss creates; null if it does not say. */
  readonly expected: number | null;
  /** The differences, in words. Empty if the version differs: then they are unknown. */
  readonly differences: readonly string[];
  /** Statements that create missing or wrong indexes, one for each. */
  readonly statements: readonly string[];
}

/** Inspects pg-boss's schema without starting pg-boss, which would create or migrate it. */
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

/** The version of the schema that this pg-boss creates; null if it does not say. */
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
    ...named('unexpected definitions of the indexes', names(drift.mismatched)),
    ...named('missing functions', names(drift.missingFunctions)),
    ...named('unexpected definitions of the functions', names(drift.mismatchedFunctions)),
    ...named('unexpected columns in', tables(drift.columnDrift)),
    ...named('unexpected constraints in', tables(drift.constraintDrift)),
    ...named('unexpected values in', drift.enumDrift === null ? [] : [drift.enumDrift.name]),
  ];
}
