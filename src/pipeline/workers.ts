import type { JobResult, PgBoss } from 'pg-boss';
import { PRIORITY, type EmbedJob, type EmbedJobData } from '../queue/job.js';

/**
 * Share of the workers that take live jobs only, so that an edit finds a worker during any backlog. An edit and its worker
 * wait for the requests in flight. With few such workers, edits that arrive in the meantime share the next request; with
 * one of ten, too many wait for it. During a backlog, p99 from edit to vector at 5 and at 20 edits a second was 168 and
 * 217 ms with one of ten, 154 and 170 with two, 148 and 168 with three, 172 and 178 with four; the backlog itself was 8 %
 * faster with two than with four.
 */
const LIVE_SHARE = 0.2;

export interface WorkersOptions {
  readonly queue: string;
  /** Workers of this process. */
  readonly workerConcurrency: number;
  /** Jobs that a worker fetches at once. */
  readonly batchSize: number;
  /** The longest sleep of an idle worker. */
  readonly pollIntervalSeconds: number;
}

/** Starts the pg-boss workers of this process. */
export async function startWorkers(
  boss: PgBoss,
  { queue, workerConcurrency, batchSize, pollIntervalSeconds }: WorkersOptions,
  handle: (jobs: EmbedJob[]) => Promise<JobResult[]>,
): Promise<void> {
  const options = {
    batchSize,
    pollingIntervalSeconds: pollIntervalSeconds,
    burstWhenBatchFull: true,
    perJobResults: true as const,
  };
  const forLive = workerConcurrency === 1 ? 0 : Math.max(1, Math.floor(workerConcurrency * LIVE_SHARE));
  const forAll = workerConcurrency - forLive;
  await boss.work<EmbedJobData>(queue, { ...options, localConcurrency: forAll }, handle);
  if (forLive === 0) return;
  const live = { ...options, localConcurrency: forLive, minPriority: PRIORITY.live };
  await boss.work<EmbedJobData>(queue, live, handle);
}
