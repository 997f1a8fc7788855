import { quoteColumn } from '../../postgres/identifiers.js';
import { literal, type QueueNames } from '../queue-names.js';

/**
 * pg-boss's job table. We write to it only through pg-boss, except for two statements that its API has no call for
 * (`raise-active.ts`, `set-outcome.ts`). We read it directly, since pg-boss can only look up one key at a time.
 */
export function jobTable({ schema }: Pick<QueueNames, 'schema'>): string {
  return `${quoteColumn(schema)}.job`;
}

/**
 * An SQL condition for the live jobs of the queue in alias `j` (created, in retry or active), in a form that the unique
 * index of the exclusive policy (job_i6) can answer.
 *
 * @param key SQL for the singleton key
 */
export function liveJob({ queue }: QueueNames, key: string): string {
  return `j.name = ${literal(queue)} AND j.policy = 'exclusive' AND j.state <= 'active' AND coalesce(j.singleton_key, '') = ${key}`;
}
