import type { Database } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';
import { errorCode, ConfigurationError } from '../../base/errors.js';
import { readTablesBehind } from '../sql/read-tables-behind.js';
import type { BlocksTable } from '../table.js';

interface Policy {
  readonly name: string;
  /** pg_policy.polcmd: r SELECT, a INSERT, w UPDATE, d DELETE, * all. */
  readonly command: string;
  readonly isPermissive: boolean;
  /** Whether it applies to this role, directly or by membership. */
  readonly applies: boolean;
  /** Which rows are visible; null: all. */
  readonly using: string | null;
  /** Which rows may be written; null: the visible ones. */
  readonly check: string | null;
}

const SELECT = 'r';
const UPDATE = 'w';

/**
 * Checks that row level security hides no block and no note from this role: a row that the role may not lock would look
 * like one that another transaction has locked, and its block would wait for ever.
 *
 * @throws ConfigurationError with the policy or role attribute that gives access to all rows
 */
export async function requireAllRowsVisible(db: Database, table: BlocksTable): Promise<void> {
  const role = await currentRole(db);
  const blocked = [
    await findHiddenRows(db, role, { sql: table.blocks, name: table.blocksName, commands: [SELECT, UPDATE] }),
    ...(await findHiddenNotes(db, role, table)),
  ].filter((one) => one !== undefined);
  if (blocked.length === 0) return;
  const policies = blocked.flatMap(({ policy }) => policy ?? []);
  const bypass = `ALTER ROLE ${quoteColumn(role)} BYPASSRLS;`;
  const arePoliciesEnough = blocked.every(({ policy }) => policy !== undefined);
  throw new ConfigurationError(
    'SCHEMA_ROW_SECURITY',
    `row level security may hide rows from the role ${role}: ${blocked.map(({ reason }) => reason).join('; ')}`,
    { fix: arePoliciesEnough ? [...policies, '-- or, as a superuser:', bypass].join('\n') : bypass },
  );
}

interface HiddenRows {
  readonly reason: string;
  /** The statement that creates a policy for the role; undefined if no policy could help. */
  readonly policy: string | undefined;
}

/** A table, and the commands that the role must be able to run on each of its rows. */
interface RequiredAccess {
  readonly sql: string;
  readonly name: string;
  readonly commands: readonly string[];
}

async function findHiddenNotes(
  db: Database,
  role: string,
  { notes }: BlocksTable,
): Promise<(HiddenRows | undefined)[]> {
  const found: (HiddenRows | undefined)[] = [];
  for (const { sql, name } of await readTablesBehind(db, notes)) {
    found.push(await findHiddenRows(db, role, { sql, name, commands: [SELECT] }));
  }
  return found;
}

/** @returns undefined if the role may see and write all rows */
async function findHiddenRows(
  db: Database,
  role: string,
  { sql, name, commands }: RequiredAccess,
): Promise<HiddenRows | undefined> {
  const [row] = await db.query<{ active: boolean }>('SELECT row_security_active(to_regclass($1)::oid) AS active', [
    sql,
  ]);
  if (row?.active !== true) return undefined;
  const policies = await readPolicies(db, sql);
  const open = new Set<Policy>();
  for (const policy of policies.filter(({ applies }) => applies)) if (await isOpen(db, policy)) open.add(policy);
  const relevant = policies.filter(
    ({ applies, command }) => applies && (command === '*' || commands.includes(command)),
  );
  const restrictive = relevant.filter((policy) => !policy.isPermissive && !open.has(policy));
  if (restrictive.length > 0) {
    const named = restrictive.map((policy) => `"${policy.name}"`).join(', ');
    return { reason: `the restrictive policy ${named} on ${name} applies to it`, policy: undefined };
  }
  const missing = commands.filter(
    (command) =>
      !relevant.some((policy) => policy.isPermissive && open.has(policy) && [command, '*'].includes(policy.command)),
  );
  if (missing.length === 0) return undefined;
  const what = missing.map((command) => (command === SELECT ? 'SELECT' : 'UPDATE')).join(' and ');
  const forWhat = commands.includes(UPDATE) ? '' : ' FOR SELECT';
  const withCheck = commands.includes(UPDATE) ? ' WITH CHECK (true)' : '';
  return {
    reason: `no policy on ${name} lets it ${what} every row`,
    policy: `CREATE POLICY ${freeName(policies)} ON ${sql}${forWhat} TO ${quoteColumn(role)} USING (true)${withCheck};`,
  };
}

async function readPolicies(db: Database, sql: string): Promise<Policy[]> {
  return await db.query<Policy>(
    `SELECT p.polname::text AS name, p.polcmd::text AS command, p.polpermissive AS "isPermissive",
       EXISTS (SELECT FROM unnest(p.polroles) role WHERE CASE role WHEN 0 THEN true ELSE pg_has_role(role, 'USAGE') END) AS applies,
       pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check
  FROM pg_policy p WHERE p.polrelid = to_regclass($1) ORDER BY p.polname`,
    [sql],
  );
}

/** Whether a policy accepts every row, whatever it contains. */
async function isOpen(db: Database, { using, check }: Policy): Promise<boolean> {
  for (const condition of [using, check]) {
    if (condition !== null && condition !== 'true' && !(await isTrueWithoutRow(db, condition))) return false;
  }
  return true;
}

/** For example `current_user = 'worker'`. A condition on the row names columns, which fails in a SELECT without FROM. */
async function isTrueWithoutRow(db: Database, condition: string): Promise<boolean> {
  try {
    const [row] = await db.query<{ isTrue: boolean | null }>(`SELECT (${condition}) AS "isTrue"`);
    return row?.isTrue === true;
  } catch (error) {
    if (/^(22|42|P0)/.test(errorCode(error) ?? '')) return false;
    throw error;
  }
}

function freeName(policies: readonly Policy[]): string {
  const taken = new Set(policies.map(({ name }) => name));
  let name = 'embedding_worker';
  for (let number = 2; taken.has(name); number += 1) name = `embedding_worker_${number}`;
  return name;
}

async function currentRole(db: Database): Promise<string> {
  const [row] = await db.query<{ role: string }>('SELECT current_user::text AS role');
  return row?.role ?? '';
}
