import { literal, type QueueNames } from '../queue-names.js';
import { jobTable } from './job-table.js';

/** SQL for the newest dead letter of each key, as `(key, report)`. An index has them in this order (job_i17). */
export function newestDeadLetters(names: QueueNames): string {
  return `(SELECT DISTINCT ON (j.singleton_key) j.singleton_key AS key, j.source_output AS report FROM ${jobTable(names)} j
     WHERE j.name = ${literal(names.deadLetters)} AND j.state < 'active' AND j.singleton_key IS NOT NULL
     ORDER BY j.singleton_key, j.created_on DESC)`;
}

/** SQL for the keys of all dead letters, each once, as `(key)`; without a queue there are none. */
export function deadLetterKeys(names: QueueNames | null): string {
  if (names === null) return '(SELECT NULL::text AS key WHERE false)';
  return `(SELECT DISTINCT j.singleton_key AS key FROM ${jobTable(names)} j
     WHERE j.name = ${literal(names.deadLetters)} AND j.state < 'active' AND j.singleton_key IS NOT NULL)`;
}
