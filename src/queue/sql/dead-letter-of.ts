import { DEAD_LETTER_QUEUE } from '../job.js';
import { jobTable } from './job-table.js';

/**
 * SQL for the newest dead letter of a block, as `(report, at)`. In the form that an index answers (job_i17): with
 * `state <= 'active'` each of 10,000 blocks would read all 10,000 letters.
 *
 * @param key SQL for the block's id as text
 */
export function deadLetterOf(schema: string, key: string): string {
  return `(SELECT j.source_output AS report, j.created_on AS at FROM ${jobTable(schema)} j
     WHERE j.name = '${DEAD_LETTER_QUEUE}' AND j.state < 'active' AND j.singleton_key = ${key}
     ORDER BY j.created_on DESC LIMIT 1)`;
}

/** The same where there is no queue: no block has one. */
export function noDeadLetter(): string {
  return '(SELECT NULL::jsonb AS report, NULL::timestamptz AS at)';
}
