import type { PgBoss } from 'pg-boss';
import { ConfigurationError } from '../base/errors.js';
import { quoteColumn } from '../postgres/identifiers.js';
import { retryTransient } from '../postgres/retry.js';
import { isPermissionDenied } from '../postgres/sqlstate.js';
import { CRASHES_BEFORE_ISOLATION, MAX_ISOLATED_CRASHES } from './job.js';
import { literal, type QueueNames } from './queue-names.js';

/** Keeps waiting jobs and other records until we settle them: pg-boss would delete them after 14 days. */
export const FOREVER_SECONDS = 10 * 365 * 86_400;
/** Claims beyond our own limits before pg-boss fails a job: pg-boss's retry count alone must never decide. */
const RETRY_MARGIN = 20;

/** Configuration of the queue. */
export interface QueueOptions {
  readonly names: QueueNames;
  /** A block is dead-lettered after more failures of its own than this. */
  readonly retryLimit: number;
  readonly retryDelaySeconds: number;
  readonly retryDelayMaxSeconds: number;
  readonly heartbeatSeconds: number;
  readonly jobExpireSeconds: number;
  /** How long pg-boss keeps settled jobs. */
  readonly jobRetentionSeconds: number;
}

/**
 * Creates the two queues if they are missing. A worker also updates their options to its configuration. A command does
 * not, since its environment may differ from the worker's.
 *
 * @throws ConfigurationError if the queue exists with a policy that would lose edits
 */
export async function ensureQueues(
  boss: PgBoss,
  options: QueueOptions,
  { update, signal }: { update: boolean; signal: AbortSignal },
): Promise<void> {
  const { schema, queue, deadLetters } = options.names;
  const kept = { retentionSeconds: FOREVER_SECONDS, deleteAfterSeconds: options.jobRetentionSeconds };
  const settings = {
    ...kept,
    retryLimit: options.retryLimit + CRASHES_BEFORE_ISOLATION + MAX_ISOLATED_CRASHES + RETRY_MARGIN,
    retryDelay: options.retryDelaySeconds,
    retryDelayMax: options.retryDelayMaxSeconds,
    retryBackoff: true,
    expireInSeconds: options.jobExpireSeconds,
    heartbeatSeconds: options.heartbeatSeconds,
    deadLetter: deadLetters,
  };
  const ensure = async () => {
    const existing = await boss.getQueues([queue, deadLetters]);
    const present = existing.find(({ name }) => name === queue);
    if (present !== undefined && present.policy !== 'exclusive') throw wrongPolicy(options.names, present.policy);
    if (!existing.some(({ name }) => name === deadLetters)) await boss.createQueue(deadLetters, kept);
    else if (update) await boss.updateQueue(deadLetters, kept);
    if (present === undefined) await boss.createQueue(queue, { ...settings, policy: 'exclusive' });
    else if (update) await boss.updateQueue(queue, settings);
  };
  try {
    // Two replicas that create queues at the same time deadlock; the second try finds the queues.
    await retryTransient(ensure, { signal });
  } catch (error) {
    if (!isPermissionDenied(error)) throw error;
    throw mayNotCreate(`queues ${queue} and ${deadLetters}`, schema, error);
  }
}

/**
 * Creates the queue for the record of a pause if it is missing.
 *
 * @throws ConfigurationError if the role may not
 */
export async function ensurePauseQueue(
  boss: PgBoss,
  { schema, pause }: QueueNames,
  signal: AbortSignal,
): Promise<void> {
  const ensure = async () => {
    if ((await boss.getQueues([pause])).length > 0) return;
    await boss.createQueue(pause, { retentionSeconds: FOREVER_SECONDS });
  };
  try {
    await retryTransient(ensure, { signal });
  } catch (error) {
    if (!isPermissionDenied(error)) throw error;
    throw mayNotCreate(`queue ${pause}`, schema, error);
  }
}

function mayNotCreate(queues: string, schema: string, error: Error): ConfigurationError {
  return new ConfigurationError('QUEUE_PRIVILEGE', `the role may not create the ${queues} (${error.message})`, {
    fix: `as the owner of the schema, run k8s/role-without-ownership.sql, which creates what is missing\nor GRANT INSERT ON ${quoteColumn(schema)}.queue TO the role`,
    cause: error,
  });
}

function wrongPolicy({ schema, queue }: QueueNames, policy: string | undefined): ConfigurationError {
  return new ConfigurationError(
    'QUEUE_POLICY',
    `the queue ${queue} in schema ${schema} has the policy ${String(policy)}, not exclusive, under which edits can be lost; a policy cannot be changed`,
    {
      fix: `stop all workers, then: SELECT ${quoteColumn(schema)}.delete_queue(${literal(queue)}); and start them: they recreate it and enqueue the pending blocks\nor set PALDOCS_QUEUE, or PALDOCS_PGBOSS_SCHEMA if the queue belongs to another application`,
    },
  );
}
