import { inspectBlocks } from '../../src/blocks/inspect.js';
import { requireSchema } from '../../src/blocks/require-schema.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import type { CheckResult } from '../../src/commands/doctor/check.js';
import { loadConfig } from '../../src/config/config.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { WorkerError } from '../../src/base/errors.js';
import { createDatabase } from './create-database.js';
import { runDoctorChecks } from './doctor-checks.js';
import type { TestDatabase } from './test-database.js';
import { createRole, type WorkerRole } from './worker-role.js';

/** The checks of `doctor` on the API's schema. */
const CHECKS = ['database', 'pgvector', 'tables', 'privileges', 'context', 'trigger', 'own write', 'indexes'];

export interface StartError {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/** A database and a role for the worker that has only the privileges that it needs. */
export class SchemaSite {
  readonly db: TestDatabase;
  readonly role: WorkerRole;
  environment: Readonly<Record<string, string>> = {};

  private constructor(db: TestDatabase, role: WorkerRole) {
    this.db = db;
    this.role = role;
  }

  static async open(): Promise<SchemaSite> {
    const db = await createDatabase();
    return new SchemaSite(db, await createRole(db));
  }

  async close(): Promise<void> {
    await this.role.drop();
  }

  /** Runs SQL on the reference schema as its owner; `:role` stands for the worker's role. */
  async prepare(sql: string): Promise<void> {
    await this.db.query(sql.replaceAll(':role', this.role.name));
  }

  /** Grants the privileges that role.sql grants, on these tables. */
  async grant(blocks = 'blocks', notes = 'notes'): Promise<void> {
    await this.db.query(`GRANT SELECT ON ${blocks}, ${notes} TO ${this.role.name}`);
    await this.db.query(`GRANT UPDATE (embedding, embedding_status) ON ${blocks} TO ${this.role.name}`);
  }

  /** The error of the checks at start; undefined if they pass. */
  async startError(): Promise<StartError | undefined> {
    try {
      await this.inspect();
      return undefined;
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error;
      return { code: error.code, message: error.message, fix: error.fix ?? '' };
    }
  }

  async inspect(): Promise<BlocksTable> {
    const config = loadConfig({ PALDOCS_DATABASE_URL: this.role.url, ...this.environment });
    const { databaseUrl: url, listenDatabaseUrl: sessionUrl } = config;
    const database = new Postgres({ url, sessionUrl, applicationName: 'test', poolSize: 2 });
    try {
      const table = await inspectBlocks(database, config.tables);
      await requireSchema(database, table);
      return table;
    } finally {
      await database.close();
    }
  }

  /** The checks of `doctor` that are not ok. */
  async doctorFindings(): Promise<CheckResult[]> {
    const results = await runDoctorChecks({ PALDOCS_DATABASE_URL: this.role.url, ...this.environment }, CHECKS);
    return results.filter(({ name, status }) => status !== 'ok' && name !== 'pgvector');
  }

  /** Runs the statements of a fix as a superuser, as psql would: those before its line `-- or`, or the alternative after it. */
  async runFix(fix: string, which: 'first' | 'alternative' = 'first'): Promise<void> {
    const [first = '', alternative = ''] = fix.split(/^-- or.*$/m);
    for (const line of (which === 'first' ? first : alternative).split('\n')) {
      if (line.endsWith(';')) await this.db.query(line);
    }
  }
}
