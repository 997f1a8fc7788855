import type { Database } from '../../postgres/database.js';
import { onOneLine, quoteColumn } from '../../postgres/identifiers.js';
import { withFullNames } from '../../postgres/full-names.js';
import { ConfigurationError, errorCode } from '../../base/errors.js';
import { statusListSql, BLOCK_STATUSES, type BlockStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

/** PostgreSQL, appendix A; also raised for operators. */
const UNDEFINED_FUNCTION = '42883';

interface StatusType {
  /** In the form of a cast. */
  readonly type: string;
  /** The enum that it is based on, as SQL names it. */
  readonly enumName: string | null;
}

/**
 * Checks that the type of the status column accepts every status that we write.
 *
 * @throws ConfigurationError that names the enum labels, the domain's constraint or the length that rejects it
 */
export async function requireStatusType(db: Database, table: BlocksTable): Promise<void> {
  const { type, enumName } = await readStatusType(db, table);
  if (type === 'text' || type === 'character varying') return;
  const rejected: BlockStatus[] = [];
  const constraints = new Map<string, BlockStatus[]>();
  for (const status of BLOCK_STATUSES) {
    try {
      const [row] = await db.query<{ back: string }>(`SELECT $1::text::${type}::text AS back`, [status]);
      if (row?.back !== status) rejected.push(status); // truncated to the type's length
    } catch (error) {
      if (!/^(22|23)/.test(errorCode(error) ?? '')) throw error;
      rejected.push(status);
      const constraint = constraintOf(error);
      if (constraint !== undefined) constraints.set(constraint, [...(constraints.get(constraint) ?? []), status]);
    }
  }
  const comparableSql = await comparableTypeSql(db, table, type, enumName);
  if (rejected.length === 0) {
    if (comparableSql === undefined) return;
    throw new ConfigurationError(
      'SCHEMA_STATUS',
      `${table.blocksName}.${table.columns.status} cannot be compared with a status: its type is ${type}`,
      { fix: comparableSql },
    );
  }
  const domainSql = await widenedDomainSql(db, table, constraints);
  const fix =
    domainSql.length > 0
      ? domainSql
      : enumName === null
        ? [`ALTER TABLE ${table.blocks} ALTER COLUMN ${table.status} TYPE text;`]
        : rejected.map((status) => `ALTER TYPE ${enumName} ADD VALUE '${status}';`);
  throw new ConfigurationError(
    'SCHEMA_STATUS',
    `${table.blocksName}.${table.columns.status} does not accept ${rejected.join(', ')}: its type is ${type}`,
    { fix: [...fix, ...(comparableSql !== undefined && enumName !== null ? [comparableSql] : [])].join('\n') },
  );
}

/**
 * PostgreSQL finds no operator that compares a domain over an enum with a status.
 *
 * @returns the statement that gives the column a comparable type; undefined if it has one
 */
async function comparableTypeSql(
  db: Database,
  table: BlocksTable,
  type: string,
  enumName: string | null,
): Promise<string | undefined> {
  try {
    await db.query(`SELECT NULL::${type} = NULL`);
    return undefined;
  } catch (error) {
    if (errorCode(error) !== UNDEFINED_FUNCTION) throw error;
    return `ALTER TABLE ${table.blocks} ALTER COLUMN ${table.status} TYPE ${enumName ?? 'text'};`;
  }
}

async function readStatusType(db: Database, table: BlocksTable): Promise<StatusType> {
  return await withFullNames(db, async (tx) => {
    const [row] = await tx.query<StatusType>(
      `WITH RECURSIVE base AS (
  SELECT atttypid AS oid FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2
  UNION ALL
  SELECT t.typbasetype FROM base JOIN pg_type t ON t.oid = base.oid WHERE t.typtype = 'd'
)
SELECT format_type(a.atttypid, a.atttypmod) AS type,
       (SELECT t.oid::regtype::text FROM base JOIN pg_type t ON t.oid = base.oid WHERE t.typtype = 'e') AS "enumName"
  FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attname = $2`,
      [table.blocks, table.columns.status],
    );
    return row ?? { type: 'text', enumName: null };
  });
}

/** The constraint of a domain, if the server names it in the error. */
function constraintOf(error: unknown): string | undefined {
  const hasConstraint = typeof error === 'object' && error !== null && 'constraint' in error;
  return hasConstraint && typeof error.constraint === 'string' ? error.constraint : undefined;
}

async function widenedDomainSql(
  db: Database,
  table: BlocksTable,
  constraints: ReadonlyMap<string, readonly BlockStatus[]>,
): Promise<string[]> {
  if (constraints.size === 0) return [];
  return await withFullNames(db, async (tx) => {
    const found = await tx.query<{ domain: string; name: string; expression: string }>(
      `WITH RECURSIVE base AS (
  SELECT atttypid AS oid FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $3
  UNION ALL
  SELECT t.typbasetype FROM base JOIN pg_type t ON t.oid = base.oid WHERE t.typtype = 'd'
)
SELECT k.contypid::regtype::text AS domain, k.conname::text AS name, pg_get_expr(k.conbin, 0) AS expression
  FROM base JOIN pg_constraint k ON k.contypid = base.oid WHERE k.conname = ANY ($2::text[])`,
      [table.blocks, [...constraints.keys()], table.columns.status],
    );
    return found.flatMap(({ domain, name, expression }) => {
      const constraint = quoteColumn(name);
      const accepted = `VALUE IN (${statusListSql(constraints.get(name) ?? [])})`;
      return [
        `ALTER DOMAIN ${domain} DROP CONSTRAINT ${constraint};`,
        `ALTER DOMAIN ${domain} ADD CONSTRAINT ${constraint} CHECK ((${onOneLine(expression)}) OR ${accepted});`,
      ];
    });
  });
}
