import { PgBoss } from 'pg-boss';
import type { Database } from '../postgres/database.js';
import { isPermissionDenied } from '../postgres/sqlstate.js';
import { ConfigurationError, errorCode } from '../base/errors.js';
import type { Logger } from '../telemetry/logger.js';
import { isTracing } from '../telemetry/span.js';
import { MAX_WAITING_EDITS } from './capacity.js';
import type { QueueNames } from './queue-names.js';
import { BossDatabase } from './boss-database.js';
import { requireQueuePrivileges } from './privileges.js';
import { inspectQueueSchema, requireOwnVersion } from './queue-schema.js';
import { expectedVersion } from './schema-state.js';

/** Dead workers are noticed within heartbeat + MONITOR: pg-boss looks at both intervals, 60 s each by default. */
const MONITOR_SECONDS = 15;
/** PostgreSQL, appendix A. */
const UNIQUE_VIOLATION = '23505';
/** Of the queue's limit: the jobs that are ready, and ten times as many that are delayed. */
const MAX_JOBS_PER_LIMIT = 11;
/** What pg-boss throws where it may not migrate and would have to. */
const NEEDS_MIGRATION = 'pg-boss database requires migrations';

/** What pg-boss is configured with. */
export interface BossConfig {
  readonly names: QueueNames;
  /** Ready and active jobs that sweep and backfill fill the queue up to. */
  readonly queueLimit: number;
}

export interface BossOptions {
  /** Names this process in pg-boss's registry of instances. */
  readonly instanceName: string;
  readonly log: Logger;
  /** Told of pg-boss's errors first: whether it is known what they come from. */
  readonly isExplained?: (error: Error) => Promise<boolean>;
  /** For commands that enqueue and end: no supervision, no entry in the registry. */
  readonly sendOnly: boolean;
}

/** By pg-boss: its way into the database. */
const databases = new WeakMap<PgBoss, BossDatabase>();

/**
 * Makes the pg-boss of this process on our own connections. It is not started yet.
 *
 * @throws ConfigurationError when the schema is somebody else's, or the role may not make or use it, with the GRANTs
 */
export async function createBoss(
  database: Database,
  { names, queueLimit }: BossConfig,
  { instanceName, log, isExplained, sendOnly }: BossOptions,
): Promise<PgBoss> {
  const { schema } = names;
  const { installed } = await inspectQueueSchema(database, schema);
  const { exists, owns } = await requireQueuePrivileges(database, schema);
  const isNewer = installed && ((await requireOwnVersion(database, names)) ?? 0) > (expectedVersion() ?? 0);
  const db = new BossDatabase(database);
  const boss = new PgBoss({
    db,
    backend: database.backend,
    schema,
    // Asking for a schema that is there takes the right to make others, which the role need not have.
    createSchema: !exists,
    // Ours is always in lower case: what another has under a name that differs in case is another's.
    allowSchemaCaseVariant: true,
    // Only its owner can. A newer schema is left as it is, and worked with; pg-boss would refuse it if told not to migrate.
    migrate: !installed || owns || isNewer,
    ...(installed && !owns ? { reindex: false } : {}),
    schedule: false,
    // More than this is never in the queue at once where all is well.
    warningQueueSize: MAX_WAITING_EDITS + MAX_JOBS_PER_LIMIT * queueLimit,
    monitorIntervalSeconds: MONITOR_SECONDS,
    superviseIntervalSeconds: MONITOR_SECONDS,
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
 * Starts pg-boss, which creates or migrates its schema where it has to, for as long as that takes.
 *
 * @throws ConfigurationError when the role may not, with the GRANT
 */
export async function startBoss(boss: PgBoss, { schema }: Pick<QueueNames, 'schema'>): Promise<void> {
  try {
    const start = async () => await (databases.get(boss)?.withoutLimits(() => boss.start()) ?? boss.start());
    await start().catch(async (error: unknown) => {
      // Another replica has made the schema since this one looked, and its session does not know yet.
      if (errorCode(error) !== UNIQUE_VIOLATION) throw error;
      await start();
    });
  } catch (error) {
    const version = error instanceof Error && error.message === NEEDS_MIGRATION ? await boss.schemaVersion() : null;
    if (version !== null) {
      throw new ConfigurationError(
        'QUEUE_SCHEMA_VERSION',
        `pg-boss's schema ${schema} has the version ${version}, this worker needs ${expectedVersion() ?? 'another'}, and the role does not own it, so that it may not migrate it`,
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

/** What the owner of a schema does that the worker may not migrate. */
export function migrateAsOwner(schema: string): string {
  return `as its owner: pg-boss migrate --schema ${schema}, then k8s/role-without-ownership.sql`;
}
