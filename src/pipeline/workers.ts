import type { JobResult, PgBoss } from 'pg-boss';
import { PRIORITY, type EmbedJob, type EmbedJobData } from '../queue/job.js';
import type { PausablePart } from '../queue/pause.js';
import { ChangeableWorker, type Fetching } from './changeable-worker.js';

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
/** A worker that asks for this finds no job: it goes on polling, which costs next to nothing, and can be changed again. */
const ABOVE_ALL_PRIORITIES = PRIORITY.live + 1;

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
  /** What is paused by request when they start. */
  readonly paused: readonly PausablePart[];
  readonly handle: (jobs: EmbedJob[]) => Promise<JobResult[]>;
}

/** The pg-boss workers of this process. */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #forAll: readonly ChangeableWorker[];
  readonly #forLive: readonly ChangeableWorker[];
  /** Jobs that each worker for all jobs fetches at once. */
  #batchSize: number;
  #paused: readonly PausablePart[];

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.#batchSize = options.batchSize;
    this.#paused = options.paused;
    const { workerConcurrency } = options;
    const forLive = workerConcurrency === 1 ? 0 : Math.max(1, Math.floor(workerConcurrency * LIVE_SHARE));
    this.#forAll = this.#create(workerConcurrency - forLive, this.#fetchingOfAll);
    this.#forLive = this.#create(forLive, this.#fetchingOfLive);
  }

  async start(): Promise<void> {
    for (const worker of [...this.#forAll, ...this.#forLive]) await worker.start();
  }

  /** Makes each batch of backlog one request of this many texts. Every worker changes once it has finished its batch. */
  resize(texts: number): void {
    this.#batchSize = Math.max(MIN_BATCH_SIZE, texts);
    this.#change();
  }

  /** Fetches no jobs of these parts from now on, and of the others again. Batches in progress are finished. */
  pause(parts: readonly PausablePart[]): void {
    this.#paused = parts;
    this.#change();
  }

  /** Fetches no more jobs, and waits until those in progress are settled. */
  async stop(): Promise<void> {
    const changing = [...this.#forAll, ...this.#forLive].map((worker) => worker.stop());
    const { boss, queue } = this.#options;
    await Promise.all([...changing, boss.offWork(queue, { wait: true })]);
  }

  #create(count: number, fetching: Fetching): ChangeableWorker[] {
    const options = { ...this.#options, work: (wanted: Fetching) => this.#work(wanted) };
    return Array.from({ length: count }, () => new ChangeableWorker(options, fetching));
  }

  #change(): void {
    for (const worker of this.#forAll) worker.change(this.#fetchingOfAll);
    for (const worker of this.#forLive) worker.change(this.#fetchingOfLive);
  }

  /** Whoever takes no backlog fetches as few jobs as the workers for live jobs, so that edits do not wait for each other. */
  get #fetchingOfAll(): Fetching {
    const isPaused = this.#paused.includes('backlog') || this.#paused.includes('live');
    return isPaused ? this.#fetchingOfLive : { batchSize: this.#batchSize, minPriority: undefined };
  }

  get #fetchingOfLive(): Fetching {
    const { liveBatchSize: batchSize } = this.#options;
    return { batchSize, minPriority: this.#paused.includes('live') ? ABOVE_ALL_PRIORITIES : PRIORITY.live };
  }

  async #work({ batchSize, minPriority }: Fetching): Promise<string> {
    const { boss, queue, pollIntervalSeconds: pollingIntervalSeconds, handle } = this.#options;
    const options = { batchSize, pollingIntervalSeconds, burstWhenBatchFull: true, perJobResults: true as const };
    const limited = minPriority === undefined ? options : { ...options, minPriority };
    return await boss.work<EmbedJobData>(queue, limited, handle);
  }
}
