import { jobTable } from './job-table.js';
import { literal, type QueueNames } from '../queue-names.js';

/**
 * SQL for the newest dead letter of a block, as `(report, at)`. In a form that an index can answer (job_i17): with
 * `state <= 'active'` each of 10,000 blocks would read all 10,000 dead letters.
 *
 * @param key SQL for the block's id as text
 */
export function deadLetterOf(names: QueueNames, key: string): string {
  return `(SELECT j.source_output AS report, j.created_on AS at FROM ${jobTable(names)} j
     WHERE j.name = ${literal(names.deadLetters)} AND j.state < 'active' AND j.singleton_key = ${key}
     ORDER BY j.created_on DESC LIMIT 1)`;
}

/** The same for a database without the queue: no block has a dead letter. */
export function noDeadLetter(): string {
  return '(SELECT NULL::jsonb AS report, NULL::timestamptz AS at)';
}
