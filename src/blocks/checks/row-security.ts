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
  /** Whether it is for this role, itself or by membership. */
  readonly applies: boolean;
  /** Which rows are seen; null: all. */
  readonly using: string | null;
  /** Which rows may be written; null: those that are seen. */
  readonly check: string | null;
}

const SELECT = 'r';
const UPDATE = 'w';

/**
 * Checks that row level security hides no block and no note from this role: a block whose row it may not lock would be
 * taken for one that someone else has locked, for ever.
 *
 * @throws ConfigurationError with the policy or attribute that lets the role see and write all rows
 */
export async function requireAllRows(db: Database, table: BlocksTable): Promise<void> {
  const role = await roleOf(db);
  const blocked = [
    await hidden(db, role, { sql: table.blocks, name: table.blocksName, commands: [SELECT, UPDATE] }),
    ...(await hiddenNotes(db, role, table)),
  ].filter((one) => one !== undefined);
  if (blocked.length === 0) return;
  const policies = blocked.flatMap(({ policy }) => policy ?? []);
  const bypass = `ALTER ROLE ${quoteColumn(role)} BYPASSRLS;`;
  const suffices = blocked.every(({ policy }) => policy !== undefined);
  throw new ConfigurationError(
    'SCHEMA_ROW_SECURITY',
    `row level security may hide rows from the role ${role}: ${blocked.map(({ reason }) => reason).join('; ')}`,
    { fix: suffices ? [...policies, '-- or, as a superuser:', bypass].join('\n') : bypass },
  );
}

interface Hidden {
  readonly reason: string;
  /** The statement that makes a policy for the role; undefined where none could help. */
  readonly policy: string | undefined;
}

/** A table, and what the role must be able to do with each of its rows. */
interface Needed {
  readonly sql: string;
  readonly name: string;
  readonly commands: readonly string[];
}

async function hiddenNotes(db: Database, role: string, { notes }: BlocksTable): Promise<(Hidden | undefined)[]> {
  const found: (Hidden | undefined)[] = [];
  for (const { sql, name } of await readTablesBehind(db, notes)) {
    found.push(await hidden(db, role, { sql, name, commands: [SELECT] }));
  }
  return found;
}

/** @returns undefined where the role sees, and may write, all rows */
async function hidden(db: Database, role: string, { sql, name, commands }: Needed): Promise<Hidden | undefined> {
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

/** Whether a policy lets every row pass, whatever is in it. */
async function isOpen(db: Database, { using, check }: Policy): Promise<boolean> {
  for (const condition of [using, check]) {
    if (condition !== null && condition !== 'true' && !(await isTrueWithoutRow(db, condition))) return false;
  }
  return true;
}

/** Such as `current_user = 'worker'`. One that looks at the row names columns, which a SELECT without FROM does not have. */
async function isTrueWithoutRow(db: Database, condition: string): Promise<boolean> {
  try {
    const [row] = await db.query<{ holds: boolean | null }>(`SELECT (${condition}) AS holds`);
    return row?.holds === true;
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

async function roleOf(db: Database): Promise<string> {
  const [row] = await db.query<{ role: string }>('SELECT current_user::text AS role');
  return row?.role ?? '';
}
