import { PgBoss } from 'pg-boss';
import type { Database } from '../postgres/database.js';
import { isPermissionDenied } from '../postgres/sqlstate.js';
import { ConfigurationError, errorCode } from '../base/errors.js';
import { LogLimit } from '../telemetry/log-limit.js';
import type { Logger } from '../telemetry/logger.js';
import { isTracing } from '../telemetry/span.js';
import { MAX_WAITING_EDITS } from './capacity.js';
import type { QueueNames } from './queue-names.js';
import { BossDatabase } from './boss-database.js';
import { requireQueuePrivileges } from './privileges.js';
import { inspectQueueSchema, requireOwnVersion } from './queue-schema.js';
import { expectedVersion } from './schema-state.js';

/** Crashed workers are noticed within heartbeat + this. pg-boss uses both intervals below; their default is 60 s. */
const MONITOR_SECONDS = 15;
/** How often pg-boss deletes old jobs. Its default is a day, by which it would keep them longer than they are to be kept. */
const MAINTENANCE_SECONDS = 3600;
/** How long pg-boss keeps the history of its queues. */
const HISTORY_DAYS = 7;
const HISTORY_LOG_INTERVAL_MS = 3_600_000;
/** PostgreSQL, appendix A. */
const UNIQUE_VIOLATION = '23505';
/** Times the queue's limit: once for ready jobs, ten times for delayed ones. */
const MAX_JOBS_PER_LIMIT = 11;
/** pg-boss's error if the schema needs a migration that it may not do. */
const NEEDS_MIGRATION = 'pg-boss database requires migrations';

/** Configuration of pg-boss. */
export interface BossConfig {
  readonly names: QueueNames;
  /** Ready and active jobs that sweep and backfill fill the queue up to. */
  readonly queueLimit: number;
}

export interface BossOptions {
  /** Names this process in pg-boss's registry of instances. */
  readonly instanceName: string;
  readonly log: Logger;
  /** Whether the cause of an error of pg-boss is already known and reported; then it is not logged. */
  readonly isExplained?: (error: Error) => Promise<boolean>;
  /** For commands that enqueue and end: no supervision, no entry in the registry. */
  readonly sendOnly: boolean;
}

/** Each pg-boss's access to the database. */
const databases = new WeakMap<PgBoss, BossDatabase>();

/**
 * Creates the pg-boss of this process on our connections, without starting it.
 *
 * @throws ConfigurationError if the schema belongs to another program; with the GRANTs, if the role may not create or use it
 */
export async function createBoss(
  database: Database,
  { names, queueLimit }: BossConfig,
  { instanceName, log, isExplained, sendOnly }: BossOptions,
): Promise<PgBoss> {
  const { schema } = names;
  const { installed } = await inspectQueueSchema(database, schema);
  const { exists, owns, mayCreateIn } = await requireQueuePrivileges(database, schema);
  const isNewer = installed && ((await requireOwnVersion(database, names)) ?? 0) > (expectedVersion() ?? 0);
  const historyLog = new LogLimit(HISTORY_LOG_INTERVAL_MS);
  const db = new BossDatabase(database, (error) => {
    historyLog.run(() => {
      log.warn("could not record the queue's history; retrying", { error });
    });
  });
  const boss = new PgBoss({
    db,
    backend: database.backend,
    schema,
    // CREATE SCHEMA IF NOT EXISTS needs the privilege to create schemas even if the schema exists.
    createSchema: !exists,
    // A schema whose name differs only in case belongs to another program.
    allowSchemaCaseVariant: true,
    // Only the owner can. A newer schema is used as it is: pg-boss does not change it, but would reject it with `false`.
    migrate: !installed || owns || isNewer,
    ...(installed && !owns ? { reindex: false } : {}),
    schedule: false,
    // A healthy queue never holds more.
    warningQueueSize: MAX_WAITING_EDITS + MAX_JOBS_PER_LIMIT * queueLimit,
    monitorIntervalSeconds: MONITOR_SECONDS,
    superviseIntervalSeconds: MONITOR_SECONDS,
    maintenanceIntervalSeconds: MAINTENANCE_SECONDS,
    // It creates a partition a day, which only the owner can.
    persistQueueStats: !sendOnly && !isNewer && (!installed || (owns && mayCreateIn)),
    queueStatRetentionDays: HISTORY_DAYS,
    instanceName,
    openTelemetry: { enabled: isTracing(), propagateContext: true },
    supervise: !sendOnly,
    registerInstance: !sendOnly,
  });
  databases.set(boss, db);
  boss.on('error', (error) => {
    void (async () => {
      if (!(await isExplained?.(error))) log.warn('pg-boss error', { error });
    })();
  });
  boss.on('warning', ({ message }) => {
    log.warn('pg-boss warning', { warning: message });
  });
  return boss;
}

/**
 * Starts pg-boss, which creates or migrates its schema if necessary, however long that takes.
 *
 * @throws ConfigurationError if the role may not, with the GRANT
 */
export async function startBoss(boss: PgBoss, { schema }: Pick<QueueNames, 'schema'>): Promise<void> {
  try {
    const start = async () => await (databases.get(boss)?.withoutLimits(() => boss.start()) ?? boss.start());
    await start().catch(async (error: unknown) => {
      // Another replica created the schema in the meantime, and this session's catalog cache is out of date.
      if (errorCode(error) !== UNIQUE_VIOLATION) throw error;
      await start();
    });
  } catch (error) {
    const version = error instanceof Error && error.message === NEEDS_MIGRATION ? await boss.schemaVersion() : null;
    if (version !== null) {
      throw new ConfigurationError(
        'QUEUE_SCHEMA_VERSION',
        `pg-boss's schema ${schema} has version ${version}, this worker needs ${expectedVersion() ?? 'another'}, and the role cannot migrate it because it does not own it`,
        { fix: migrateAsOwner(schema), cause: error },
      );
    }
    if (!isPermissionDenied(error)) throw error;
    throw new ConfigurationError(
      'QUEUE_PRIVILEGE',
      `PALDOCS_PGBOSS_SCHEMA: the role may not create or migrate pg-boss's schema ${schema} (${error.message})`,
      {
        fix: 'GRANT CREATE ON DATABASE … TO the role;\nor have an administrator create the schema and make the role its owner',
        cause: error,
      },
    );
  }
}

/** The fix for a schema that the worker may not migrate. */
export function migrateAsOwner(schema: string): string {
  return `as its owner: pg-boss migrate --schema ${schema}, then k8s/role-without-ownership.sql`;
}
