import { PgBoss } from 'pg-boss';
import type { Database } from '../postgres/database.js';
import { quoteColumn } from '../postgres/identifiers.js';
import { isPermissionDenied } from '../postgres/sqlstate.js';
import { retryTransient } from '../postgres/retry.js';
import { ConfigurationError, errorCode } from '../base/errors.js';
import type { Logger } from '../telemetry/logger.js';
import { isTracing } from '../telemetry/span.js';
import { DEAD_LETTER_QUEUE, QUEUE } from './job.js';
import { MAX_WAITING_EDITS } from './capacity.js';
import { BossDatabase } from './boss-database.js';
import { requireQueuePrivileges } from './privileges.js';
import { inspectQueueSchema, requireOwnVersion } from './queue-schema.js';
import { expectedVersion } from './schema-state.js';

/** Dead workers are noticed within heartbeat + MONITOR: pg-boss looks at both intervals, 60 s each by default. */
const MONITOR_SECONDS = 15;
/** Waiting jobs and dead letters last for as long as they hold; pg-boss would delete them after 14 days. */
const FOREVER_SECONDS = 10 * 365 * 86_400;
/**
 * Deaths after which a block is claimed alone, and crashes alone after which it is set aside. pg-boss counts every
 * claim in its retry count, which is therefore bounded above both and never judges by itself.
 */
export const CRASHES_BEFORE_ISOLATION = 2;
export const MAX_ISOLATED_CRASHES = 10;
const RETRY_MARGIN = 20;
/** PostgreSQL, appendix A. */
const UNIQUE_VIOLATION = '23505';
/** Of the queue's limit: the jobs that are ready, and ten times as many that are delayed. */
const MAX_JOBS_PER_LIMIT = 11;
/** What pg-boss throws where it may not migrate and would have to. */
const NEEDS_MIGRATION = 'pg-boss database requires migrations';

/** What the queues and pg-boss are configured with. */
export interface QueueOptions {
  readonly pgBossSchema: string;
  /** Failures of a block's own after which it is dead-lettered. */
  readonly retryLimit: number;
  readonly retryDelaySeconds: number;
  readonly retryDelayMaxSeconds: number;
  readonly heartbeatSeconds: number;
  readonly jobExpireSeconds: number;
  /** How long a settled job can be looked at before pg-boss deletes it. */
  readonly jobRetentionSeconds: number;
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
  config: QueueOptions,
  { instanceName, log, isExplained, sendOnly }: BossOptions,
): Promise<PgBoss> {
  const schema = config.pgBossSchema;
  const { installed } = await inspectQueueSchema(database, schema);
  const { exists, owns } = await requireQueuePrivileges(database, schema);
  const isNewer = installed && ((await requireOwnVersion(database, schema)) ?? 0) > (expectedVersion() ?? 0);
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
    warningQueueSize: MAX_WAITING_EDITS + MAX_JOBS_PER_LIMIT * config.queueLimit,
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
export async function startBoss(boss: PgBoss, { pgBossSchema }: QueueOptions): Promise<void> {
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
        `pg-boss's schema ${pgBossSchema} has the version ${version}, this worker needs ${expectedVersion() ?? 'another'}, and the role does not own it, so that it may not migrate it`,
        { fix: migrateAsOwner(pgBossSchema), cause: error },
      );
    }
    if (!isPermissionDenied(error)) throw error;
    throw new ConfigurationError(
      'QUEUE_PRIVILEGE',
      `PALDOCS_PGBOSS_SCHEMA: the role may not create or migrate pg-boss's schema ${pgBossSchema} (${error.message})`,
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

/**
 * Creates the two queues where they are missing. A worker also brings their options in line with its configuration; a
 * command leaves them, since it runs in whatever environment its user has.
 *
 * @throws ConfigurationError when the queue exists with a policy that would lose edits
 */
export async function ensureQueues(
  boss: PgBoss,
  config: QueueOptions,
  { update, signal }: { update: boolean; signal: AbortSignal },
): Promise<void> {
  // Two replicas that create queues at once deadlock; the second try finds them there.
  await retryTransient(
    async () => {
      const kept = { retentionSeconds: FOREVER_SECONDS, deleteAfterSeconds: config.jobRetentionSeconds };
      const options = {
        ...kept,
        retryLimit: config.retryLimit + CRASHES_BEFORE_ISOLATION + MAX_ISOLATED_CRASHES + RETRY_MARGIN,
        retryDelay: config.retryDelaySeconds,
        retryDelayMax: config.retryDelayMaxSeconds,
        retryBackoff: true,
        expireInSeconds: config.jobExpireSeconds,
        heartbeatSeconds: config.heartbeatSeconds,
        deadLetter: DEAD_LETTER_QUEUE,
      };
      const existing = await boss.getQueue(QUEUE);
      if (existing !== null && existing.policy !== 'exclusive') {
        throw new ConfigurationError(
          'QUEUE_POLICY',
          `the queue ${QUEUE} in schema ${config.pgBossSchema} has the policy ${String(existing.policy)}, not exclusive, under which edits can be lost; a policy cannot be changed`,
          {
            fix: `stop all workers, then: SELECT ${quoteColumn(config.pgBossSchema)}.delete_queue('${QUEUE}'); and start them, which makes it anew and finds what waits\nor PALDOCS_PGBOSS_SCHEMA=… where it is another application's`,
          },
        );
      }
      if ((await boss.getQueue(DEAD_LETTER_QUEUE)) === null) await boss.createQueue(DEAD_LETTER_QUEUE, kept);
      else if (update) await boss.updateQueue(DEAD_LETTER_QUEUE, kept);
      if (existing === null) await boss.createQueue(QUEUE, { ...options, policy: 'exclusive' });
      else if (update) await boss.updateQueue(QUEUE, options);
    },
    { signal },
  ).catch((error: unknown) => {
    if (!isPermissionDenied(error)) throw error;
    const table = `${quoteColumn(config.pgBossSchema)}.queue`;
    throw new ConfigurationError(
      'QUEUE_PRIVILEGE',
      `the role may not make the queues ${QUEUE} and ${DEAD_LETTER_QUEUE} (${error.message})`,
      {
        fix: `as the owner of the schema, run k8s/role-without-ownership.sql, which makes them\nor GRANT INSERT ON ${table} TO the role`,
        cause: error,
      },
    );
  });
}
