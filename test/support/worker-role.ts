import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestDatabase } from './test-database.js';

const PG_BOSS = fileURLToPath(new URL('../../node_modules/pg-boss/dist/cli.js', import.meta.url));

/** A database role with a password, for one database. */
export interface WorkerRole {
  readonly name: string;
  readonly password: string;
  /** URL of the database for this role. */
  readonly url: string;
  /** Drops the role and everything it owns. */
  drop(): Promise<void>;
}

export async function createRole(db: TestDatabase, password = 'n0t-to-be-told'): Promise<WorkerRole> {
  const name = `role_${db.name}`;
  await db.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
  const url = new URL(db.url);
  url.username = name;
  url.password = encodeURIComponent(password);
  return {
    name,
    password,
    url: url.href,
    drop: async () => {
      await db.query(`DROP OWNED BY ${name} CASCADE`);
      await db.query(`DROP ROLE ${name}`);
    },
  };
}

/** Runs a file of grants in k8s/ as psql would, as the owner of the tables. */
export async function grant(db: TestDatabase, role: WorkerRole, file: string): Promise<void> {
  const sql = await readFile(new URL(`../../k8s/${file}`, import.meta.url), 'utf8');
  await db.query(sql.replaceAll(':"role"', `"${role.name}"`).replaceAll(':"DBNAME"', `"${db.name}"`));
}

/** Installs pg-boss's schema with its own command, as an administrator does before `role-without-ownership.sql`. */
export async function installPgBoss(db: TestDatabase): Promise<void> {
  await promisify(execFile)(process.execPath, [PG_BOSS, 'migrate', '--schema', 'pgboss'], {
    env: { PATH: process.env['PATH'], PGBOSS_DATABASE_URL: db.url },
  });
}
