import type { JobResult, PgBoss } from 'pg-boss';
import { PRIORITY, type EmbedJob, type EmbedJobData } from '../queue/job.js';
import { ResizableWorker } from './resizable-worker.js';

/**
 * Share of the workers that take live jobs only, so that an edit finds a worker during any backlog. An edit and its worker
 * wait for the requests in flight. With few such workers, edits that arrive in the meantime share the next request; with
 * one of ten, too many wait for it. During a backlog, p99 from edit to vector at 5 and at 20 edits a second was 168 and
 * 217 ms with one of ten, 154 and 170 with two, 148 and 168 with three, 172 and 178 with four; the backlog itself was 8 %
 * faster with two than with four.
 */
const LIVE_SHARE = 0.2;
/** pg-boss sleeps for the polling interval after each batch of one. */
const MIN_BATCH_SIZE = 2;

export interface WorkersOptions {
  readonly boss: PgBoss;
  readonly queue: string;
  /** Workers of this process. */
  readonly workerConcurrency: number;
  /** Jobs that a worker for live jobs fetches at once. */
  readonly liveBatchSize: number;
  /** Jobs that each of the other workers fetches at once, at first. */
  readonly batchSize: number;
  /** The longest sleep of an idle worker. */
  readonly pollIntervalSeconds: number;
  readonly handle: (jobs: EmbedJob[]) => Promise<JobResult[]>;
}

/** The pg-boss workers of this process. */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #forAll: readonly ResizableWorker[];

  constructor(options: WorkersOptions) {
    this.#options = options;
    const { workerConcurrency, batchSize } = options;
    const all = Array.from({ length: workerConcurrency - this.#forLive });
    this.#forAll = all.map(() => new ResizableWorker({ ...options, work: (size) => this.#work(size, {}) }, batchSize));
  }

  async start(): Promise<void> {
    const { liveBatchSize } = this.#options;
    for (const worker of this.#forAll) await worker.start();
    if (this.#forLive === 0) return;
    await this.#work(liveBatchSize, { localConcurrency: this.#forLive, minPriority: PRIORITY.live });
  }

  /** Makes each batch of backlog one request of this many texts. Every worker changes once it has finished its batch. */
  resize(texts: number): void {
    for (const worker of this.#forAll) worker.resize(Math.max(MIN_BATCH_SIZE, texts));
  }

  /** Fetches no more jobs, and waits until those in progress are settled. */
  async stop(): Promise<void> {
    const resized = this.#forAll.map((worker) => worker.stop());
    const { boss, queue } = this.#options;
    await Promise.all([...resized, boss.offWork(queue, { wait: true })]);
  }

  get #forLive(): number {
    const { workerConcurrency } = this.#options;
    return workerConcurrency === 1 ? 0 : Math.max(1, Math.floor(workerConcurrency * LIVE_SHARE));
  }

  async #work(batchSize: number, further: { localConcurrency?: number; minPriority?: number }): Promise<string> {
    const { boss, queue, pollIntervalSeconds: pollingIntervalSeconds, handle } = this.#options;
    const options = { batchSize, pollingIntervalSeconds, burstWhenBatchFull: true, perJobResults: true as const };
    return await boss.work<EmbedJobData>(queue, { ...options, ...further }, handle);
  }
}
