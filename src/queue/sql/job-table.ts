import { quoteColumn } from '../../postgres/identifiers.js';
import { literal, type QueueNames } from '../queue-names.js';

/**
 * pg-boss's job table. We write to it through pg-boss alone, but for the two statements that its API has no call for
 * (`raise-active.ts`, `set-outcome.ts`); we read it where pg-boss can answer for one key at a time only.
 */
export function jobTable({ schema }: Pick<QueueNames, 'schema'>): string {
  return `${quoteColumn(schema)}.job`;
}

/**
 * SQL that holds for the live jobs of the queue in alias `j` (created, in retry or active), in the form that the
 * exclusive policy's unique index (job_i6) answers.
 *
 * @param key SQL for the singleton key
 */
export function liveJob({ queue }: QueueNames, key: string): string {
  return `j.name = ${literal(queue)} AND j.policy = 'exclusive' AND j.state <= 'active' AND coalesce(j.singleton_key, '') = ${key}`;
}
