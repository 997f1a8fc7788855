import { getMigrationPlans } from 'pg-boss';
import type { Queryable } from '../postgres/database.js';
import { ConfigurationError } from '../base/errors.js';
import type { QueueNames } from './queue-names.js';
import { expectedVersion } from './schema-state.js';
import { readQueues } from './sql/read-queues.js';
import { readSchemaVersion } from './sql/read-schema-version.js';
import { readTables } from './sql/read-tables.js';

/** What pg-boss makes in its schema. */
const TABLES = [
  ...['version', 'queue', 'schedule', 'subscription', 'bam', 'warning'],
  ...['job', 'job_common', 'job_dependency', 'instance', 'queue_stats'],
];
/** Columns that pg-boss's tables have had since its version 11, the oldest that can be migrated, and those of others have not. */
const SINCE_11: Readonly<Record<string, readonly string[]>> = {
  version: ['version'],
  queue: ['name', 'policy', 'table_name'],
  job: ['id', 'name', 'state', 'singleton_key'],
};
/** What older ones had, too. */
const EVER: Readonly<Record<string, readonly string[]>> = {
  version: ['version', 'maintained_on'],
  job: ['id', 'name', 'state'],
};
/** What our own statements read beside that, which a schema has at the latest when it was migrated. */
const READ = ['blocked', 'source_output'];

/** How long a schema's name may be. */
const NAME_LENGTH = 50;

export interface QueueSchema {
  /** Whether a pg-boss is in it that may hold our queue, or get it. */
  readonly installed: boolean;
  /** Whether our statements can read it before a worker has migrated it. */
  readonly readable: boolean;
}

/**
 * Looks at what is in the schema, which may be nothing.
 *
 * @throws ConfigurationError when it is somebody else's: other tables of the same names, or a pg-boss too old to be migrated
 */
export async function inspectQueueSchema(db: Queryable, schema: string): Promise<QueueSchema> {
  const tables = await readTables(db, schema, TABLES);
  const has = (columns: typeof EVER) =>
    Object.entries(columns).every(([table, names]) => names.every((name) => tables.get(table)?.has(name)));
  if (tables.size === 0) return { installed: false, readable: false };
  if (has(SINCE_11)) return { installed: true, readable: READ.every((name) => tables.get('job')?.has(name)) };
  if (has(EVER)) {
    throw refusal(schema, 'holds a pg-boss older than 11, which this one can neither use nor migrate');
  }
  throw refusal(
    schema,
    `holds what is not pg-boss’s under names that it needs: ${[...tables.keys()].sort().join(', ')}`,
  );
}

/**
 * Checks that pg-boss's schema, which the role may read, is ours to work in: of the version of our pg-boss, or of a newer
 * one; an older one only if it holds our queue, so that another application's is not migrated under its hands.
 *
 * @returns the version; null where the schema does not say
 * @throws ConfigurationError with another name for the schema
 */
export async function requireOwnVersion(db: Queryable, names: QueueNames): Promise<number | null> {
  const { schema, queue } = names;
  const version = await readSchemaVersion(db, schema);
  const expected = expectedVersion();
  if (version === null || expected === null || version >= expected) return version;
  const what = `holds a pg-boss of another version (its tables' is ${version}, ours ${expected})`;
  const holdsQueue = (await readQueues(db, names)).some(({ name }) => name === queue);
  if (!holdsQueue) throw refusal(schema, `${what} without the queue ${queue}: migrating it could break what uses it`);
  if (!canMigrate(schema, version)) throw refusal(schema, `${what}, which is too old to be migrated`);
  return version;
}

/**
 * Whether there is a queue to be read.
 *
 * @throws ConfigurationError when the schema is somebody else's, or must be migrated first
 */
export async function queueExists(db: Queryable, names: QueueNames): Promise<boolean> {
  const { schema } = names;
  const { installed, readable } = await inspectQueueSchema(db, schema);
  if (!installed) return false;
  const version = await requireOwnVersion(db, names);
  if (readable) return true;
  throw new ConfigurationError(
    'QUEUE_SCHEMA_VERSION',
    `pg-boss's schema ${schema} has the version ${String(version)}, which cannot be read before it is migrated`,
    { fix: 'start a worker of this version, which migrates it' },
  );
}

function refusal(schema: string, what: string): ConfigurationError {
  return new ConfigurationError('QUEUE_SCHEMA_FOREIGN', `PALDOCS_PGBOSS_SCHEMA: the schema ${schema} ${what}`, {
    fix: `PALDOCS_PGBOSS_SCHEMA=${schema.slice(0, NAME_LENGTH - SUFFIX.length)}${SUFFIX}`,
  });
}

/** Makes another name of one. */
const SUFFIX = '_embedding';

function canMigrate(schema: string, version: number): boolean {
  try {
    getMigrationPlans(schema, version);
    return true;
  } catch {
    return false; // it throws for nothing else
  }
}
