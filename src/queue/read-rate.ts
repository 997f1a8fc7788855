import type { Queryable } from '../postgres/database.js';
import type { QueueNames } from './queue-names.js';
import { canReadHistory } from './sql/can-read-history.js';
import { countSettled } from './sql/count-settled.js';
import { readRecordedRate } from './sql/read-recorded-rate.js';

/** The rate covers the last five minutes. */
export const RATE_WINDOW_SECONDS = 300;
/** Without history: the latest jobs that are counted. */
const COUNTED_JOBS = 20_000;
/** With it: the latest jobs that tell how many of the completed ones were blocks. */
const SAMPLE_JOBS = 1_000;
/** History is used if it covers this much, and is no older. The monitor writes it every 15 s. */
const MIN_RECORDED_SECONDS = 60;
const MAX_AGE_SECONDS = 60;

/**
 * Blocks embedded or skipped per second, over the last minutes, from what pg-boss has recorded; without it, from the latest
 * settled jobs. Either way from the first that was settled, so the time before a worker started does not count.
 */
export async function readRate(db: Queryable, names: QueueNames): Promise<number> {
  const recorded = (await canReadHistory(db, names.schema))
    ? await readRecordedRate(db, names, RATE_WINDOW_SECONDS)
    : undefined;
  if (recorded === undefined || recorded.seconds < MIN_RECORDED_SECONDS || recorded.ageSeconds > MAX_AGE_SECONDS) {
    const { blocks, seconds } = await countSettled(db, names, RATE_WINDOW_SECONDS, COUNTED_JOBS);
    return blocks / Math.max(1, seconds ?? 1);
  }
  // A job that was handed back is completed, too: during an outage all of them are.
  const { blocks, jobs } = await countSettled(db, names, RATE_WINDOW_SECONDS, SAMPLE_JOBS);
  return jobs === 0 ? 0 : ((recorded.jobs / recorded.seconds) * blocks) / jobs;
}
