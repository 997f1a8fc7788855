import type { EmbedJobData, Priority } from './job.js';

/** A job to insert. */
export interface NewJob {
  readonly data: EmbedJobData;
  readonly startAfterSeconds?: number;
}

/** A job for a block's first attempt: no failures, no crashes. */
export function newJob(blockId: string, priority: Priority, now: Date): NewJob {
  return { data: { blockId, since: now.toISOString(), priority } };
}
