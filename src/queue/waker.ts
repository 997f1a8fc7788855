import type { PgBoss, WipData } from 'pg-boss';
import type { Queryable } from '../postgres/database.js';
import type { Logger } from '../telemetry/logger.js';
import { PRIORITY, type EmbedJob, type Priority } from './job.js';
import { readWakeUp, WorkNotifier } from './work-notifier.js';

export interface WakerOptions {
  readonly boss: PgBoss;
  readonly database: Pick<Queryable, 'query'>;
  readonly queue: string;
  readonly log: Logger;
}

/**
 * Wakes pg-boss's workers of this process, which sleep for the polling interval between fetches. pg-boss's own listener
 * wakes every worker for each job; waking as many as there are jobs for halves p99 from edit to vector.
 */
export class Waker {
  readonly #options: WakerOptions;
  readonly #notifier: WorkNotifier;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** By worker, on pg-boss's clock: milliseconds since 1970. */
  readonly #wokenAt = new Map<string, number>();
  #stopped = false;

  constructor(options: WakerOptions) {
    this.#options = options;
    this.#notifier = new WorkNotifier(options);
  }

  /** Cancels the timers. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /**
   * Wakes workers for new jobs: for edits as many as the jobs need, for backlog one, which wakes the next by `wakeNext`.
   * Waking all at once made them compete for connections before the first request went out: eight replicas on two cores
   * lost 1.5 s of the model's time, one by one they lose 0.4 s.
   *
   * If too few are certainly idle, busy workers are woken too: they fetch again as soon as they are done, instead of
   * sleeping while a job waits.
   *
   * @param priority of the jobs: some workers take no backlog
   * @returns how many jobs more than the idle workers fetch at once
   */
  wake(jobs: number, priority: Priority): number {
    const workers = this.#workersFor(priority);
    const idle = workers
      .filter(({ count }) => count === 0)
      .map((worker) => {
        const wokenAt = this.#wokenAt.get(worker.id) ?? 0;
        const uncertainty = idleUncertainty(worker, wokenAt);
        return { id: worker.id, batchSize: batchSizeOf(worker), wokenAt, uncertainty };
      })
      .sort((a, b) => a.uncertainty - b.uncertainty || a.wokenAt - b.wokenAt);
    const chosen = priority === PRIORITY.backlog ? idle.slice(0, 1) : firstThatFetch(idle, jobs);
    const busy = workers.filter(({ count }) => count > 0);
    const isEnough = priority === PRIORITY.backlog ? chosen.length === 1 : jobsFetchedBy(chosen) >= jobs;
    const areIdle = isEnough && chosen.every(({ uncertainty }) => uncertainty === 0);
    for (const { id } of areIdle ? chosen : [...chosen, ...busy]) {
      this.#wokenAt.set(id, Date.now());
      this.#options.boss.notifyWorker(id);
    }
    return Math.max(0, jobs - jobsFetchedBy(idle));
  }

  /**
   * Wakes another worker after these jobs were claimed, if they are a full batch: there may be more. pg-boss's workers
   * also fetch again after a full batch, except when a batch is one job.
   */
  wakeNext(jobs: readonly EmbedJob[]): void {
    for (const priority of new Set(jobs.map(({ data }) => data.priority))) {
      const smallestBatch = Math.min(...this.#workersFor(priority).map(batchSizeOf));
      if (jobs.length >= smallestBatch) this.wake(1, priority);
    }
  }

  /** Wakes all workers of this process that take such jobs, and as many of the other replicas as are busy here. */
  wakeAll(priority: Priority): void {
    const jobs = this.#workersFor(priority).reduce((sum, worker) => sum + batchSizeOf(worker), 0);
    this.wakeEverywhere(jobs, priority);
  }

  /** Wakes workers of this process and, if they are too few, those of the other replicas. */
  wakeEverywhere(jobs: number, priority: Priority): void {
    this.#notifier.wakeEverywhere(this.wake(jobs, priority), priority);
  }

  /** Wakes workers for jobs that another replica has announced. */
  readonly receive = ({ payload }: { readonly payload: string }): void => {
    const wakeUp = readWakeUp(payload, this.#options.queue);
    if (wakeUp !== undefined) this.wake(wakeUp.jobs, wakeUp.priority);
  };

  /** Wakes workers when delayed jobs become ready. */
  wakeAfter(delayMs: number, jobs: number, priority: Priority): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.wake(jobs, priority);
    }, delayMs);
    this.#timers.add(timer);
  }

  /** Those that take jobs of this priority. One that is stopping takes none, and would lose the wake-up. */
  #workersFor(priority: Priority): WipData[] {
    const { boss, queue } = this.#options;
    return boss
      .getWipData()
      .filter(({ name, state }) => name === queue && state === 'active')
      .filter((worker) => leastPriority(worker) <= priority);
  }
}

/** As many of the workers as it takes to fetch this many jobs. */
function firstThatFetch<T extends { readonly batchSize: number }>(workers: readonly T[], jobs: number): T[] {
  const chosen: T[] = [];
  for (const worker of workers) {
    if (jobsFetchedBy(chosen) >= jobs) break;
    chosen.push(worker);
  }
  return chosen;
}

function jobsFetchedBy(workers: readonly { readonly batchSize: number }[]): number {
  return workers.reduce((sum, { batchSize }) => sum + batchSize, 0);
}

function batchSizeOf({ options }: WipData): number {
  return options.batchSize ?? 1; // pg-boss's default
}

function leastPriority({ options }: WipData): number {
  return options.minPriority ?? PRIORITY.backlog;
}

/**
 * pg-boss reports a fetching worker as idle. A worker that we woke and that has not fetched since is probably fetching. One
 * that takes backlog may be fetching whenever there is some, and is then busy with a whole batch: an edit left to it waited
 * 70 ms or more during a backlog whose requests take that long.
 *
 * @returns 0 if it is certainly idle
 */
function idleUncertainty(worker: WipData, wokenAt: number): number {
  if (wokenAt > (worker.lastFetchedOn ?? 0)) return 2;
  return leastPriority(worker) > PRIORITY.backlog ? 0 : 1;
}
