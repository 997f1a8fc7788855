import { getMigrationPlans } from 'pg-boss';
import type { Queryable } from '../postgres/database.js';
import { ConfigurationError } from '../base/errors.js';
import type { QueueNames } from './queue-names.js';
import { expectedVersion } from './schema-state.js';
import { readQueues } from './sql/read-queues.js';
import { readSchemaVersion } from './sql/read-schema-version.js';
import { readTables } from './sql/read-tables.js';

/** The tables that pg-boss creates. */
const TABLES = [
  ...['version', 'queue', 'schedule', 'subscription', 'bam', 'warning'],
  ...['job', 'job_common', 'job_dependency', 'instance', 'queue_stats'],
];
/** Columns of pg-boss's tables since version 11, the oldest that can be migrated; other programs' tables lack them. */
const SINCE_11: Readonly<Record<string, readonly string[]>> = {
  version: ['version'],
  queue: ['name', 'policy', 'table_name'],
  job: ['id', 'name', 'state', 'singleton_key'],
};
/** Columns that older versions have too. */
const EVER: Readonly<Record<string, readonly string[]>> = {
  version: ['version', 'maintained_on'],
  job: ['id', 'name', 'state'],
};
/** Columns of `job` that our statements read, and that only a migrated schema is certain to have. */
const READ = ['blocked', 'source_output'];

/** Maximum length of the schema's name. */
const MAX_NAME_LENGTH = 50;

export interface QueueSchema {
  /** Whether the schema holds a pg-boss that has our queue or can get it. */
  readonly installed: boolean;
  /** Whether our statements can read it without a migration. */
  readonly readable: boolean;
}

/**
 * Inspects the schema, which may be empty or missing.
 *
 * @throws ConfigurationError if it holds another program's tables of the same names, or a pg-boss too old to migrate
 */
export async function inspectQueueSchema(db: Queryable, schema: string): Promise<QueueSchema> {
  const tables = await readTables(db, schema, TABLES);
  const has = (columns: typeof EVER) =>
    Object.entries(columns).every(([table, names]) => names.every((name) => tables.get(table)?.has(name)));
  if (tables.size === 0) return { installed: false, readable: false };
  if (has(SINCE_11)) return { installed: true, readable: READ.every((name) => tables.get('job')?.has(name)) };
  if (has(EVER)) {
    throw refusal(schema, 'holds a pg-boss older than version 11, which this worker can neither use nor migrate');
  }
  throw refusal(
    schema,
    `holds tables of another program with names that pg-boss needs: ${[...tables.keys()].sort().join(', ')}`,
  );
}

/**
 * Checks that we may use pg-boss's schema, which the role can read: it has the version of our pg-boss or a newer one. An
 * older one must hold our queue, since migrating it could break another application.
 *
 * @returns the version; null if the schema does not say
 * @throws ConfigurationError that proposes another name for the schema
 */
export async function requireOwnVersion(db: Queryable, names: QueueNames): Promise<number | null> {
  const { schema, queue } = names;
  const version = await readSchemaVersion(db, schema);
  const expected = expectedVersion();
  if (version === null || expected === null || version >= expected) return version;
  const what = `holds the tables of an older pg-boss (version ${version}; ours is ${expected})`;
  const holdsQueue = (await readQueues(db, names)).some(({ name }) => name === queue);
  if (!holdsQueue)
    throw refusal(schema, `${what} without the queue ${queue}: migrating them could break what uses them`);
  if (!canMigrate(schema, version)) throw refusal(schema, `${what}, which are too old to be migrated`);
  return version;
}

/**
 * Whether there is a queue that can be read.
 *
 * @throws ConfigurationError if the schema belongs to another program or must be migrated first
 */
export async function queueExists(db: Queryable, names: QueueNames): Promise<boolean> {
  const { schema } = names;
  const { installed, readable } = await inspectQueueSchema(db, schema);
  if (!installed) return false;
  const version = await requireOwnVersion(db, names);
  if (readable) return true;
  throw new ConfigurationError(
    'QUEUE_SCHEMA_VERSION',
    `pg-boss's schema ${schema} has version ${String(version)}, which must be migrated before it can be read`,
    { fix: 'start a worker of this version, which migrates it' },
  );
}

function refusal(schema: string, what: string): ConfigurationError {
  return new ConfigurationError('QUEUE_SCHEMA_FOREIGN', `PALDOCS_PGBOSS_SCHEMA: the schema ${schema} ${what}`, {
    fix: `PALDOCS_PGBOSS_SCHEMA=${schema.slice(0, MAX_NAME_LENGTH - SUFFIX.length)}${SUFFIX}`,
  });
}

/** Appended to the schema's name to propose another one. */
const SUFFIX = '_embedding';

function canMigrate(schema: string, version: number): boolean {
  try {
    getMigrationPlans(schema, version);
    return true;
  } catch {
    return false; // it throws only if the version is too old
  }
}
