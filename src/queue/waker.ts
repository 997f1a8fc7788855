import type { PgBoss, WipData } from 'pg-boss';
import type { Queryable } from '../postgres/database.js';
import type { Logger } from '../telemetry/logger.js';
import { PRIORITY, QUEUE, type EmbedJob, type Priority } from './job.js';

/** On which replicas tell each other of more work than one of them has idle workers for. */
export const WAKE_CHANNEL = 'embedding_worker_wake';
/** They tell it of each priority no more often than this: whoever was told goes on by himself while there is work. */
const NOTIFY_INTERVAL_MS = 100;

export interface WakerOptions {
  readonly boss: PgBoss;
  readonly database: Pick<Queryable, 'query'>;
  readonly batchSize: number;
  readonly log: Logger;
}

/**
 * Wakes pg-boss's workers of this process, which sleep for the polling interval between fetches. pg-boss's own
 * listener wakes every worker for each job; waking as many as there is work for halves p99 from edit to vector.
 */
export class Waker {
  readonly #options: WakerOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** By worker, on the clock of pg-boss: milliseconds since 1970. */
  readonly #wokenAt = new Map<string, number>();
  readonly #toldAt = new Map<Priority, number>();
  #stopped = false;

  constructor(options: WakerOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /**
   * Wakes workers for so many new jobs: for edits as many as it takes, for backlog one, which wakes the next by `wakeNext`.
   * Woken all at once they opened their connections and fetched past each other while no request was under way: eight
   * replicas on two cores then lost 1.5 s of the model's time, and so lose 0.4.
   *
   * Where too few are known to sleep, the busy ones are told as well: they fetch again as soon as they are done, instead of
   * going to sleep beside a job that came meanwhile.
   *
   * @param priority of the jobs: not every worker takes backlog
   * @returns how many jobs are more than the idle workers take at once
   */
  wake(jobs: number, priority: Priority): number {
    const { boss, batchSize } = this.#options;
    const workers = boss.getWipData().filter((worker) => worker.name === QUEUE && leastPriority(worker) <= priority);
    const idle = workers
      .filter(({ count }) => count === 0)
      .map((worker) => {
        const wokenAt = this.#wokenAt.get(worker.id) ?? 0;
        return { id: worker.id, wokenAt, uncertainty: idleUncertainty(worker, wokenAt) };
      })
      .sort((a, b) => a.uncertainty - b.uncertainty || a.wokenAt - b.wokenAt);
    const wanted = priority === PRIORITY.backlog ? 1 : Math.ceil(jobs / batchSize);
    const chosen = idle.slice(0, wanted);
    const busy = workers.filter(({ count }) => count > 0);
    const sure = chosen.length === wanted && chosen.every(({ uncertainty }) => uncertainty === 0);
    for (const { id } of sure ? chosen : [...chosen, ...busy]) {
      this.#wokenAt.set(id, Date.now());
      boss.notifyWorker(id);
    }
    return Math.max(0, jobs - idle.length * batchSize);
  }

  /**
   * Wakes another worker once these jobs have been claimed, where they are all that one fetches at once: there may be more.
   * pg-boss's workers then go on by themselves, too, unless a batch is one job.
   */
  wakeNext(jobs: readonly EmbedJob[]): void {
    if (jobs.length < this.#options.batchSize) return;
    for (const priority of new Set(jobs.map(({ data }) => data.priority))) this.wake(1, priority);
  }

  /** Wakes workers here and, where they are too few, those of the other replicas. */
  wakeEverywhere(jobs: number, priority: Priority): void {
    const surplus = this.wake(jobs, priority);
    const toldAt = this.#toldAt.get(priority) ?? Number.NEGATIVE_INFINITY;
    if (surplus === 0 || performance.now() - toldAt < NOTIFY_INTERVAL_MS) return;
    this.#toldAt.set(priority, performance.now());
    const { database, log } = this.#options;
    database.query('SELECT pg_notify($1, $2)', [WAKE_CHANNEL, `${surplus} ${priority}`]).catch((error: unknown) => {
      log.debug('could not notify the other replicas of new jobs; they poll for them', { error });
    });
  }

  /** Takes what another replica tells: how many jobs, and of which priority. */
  readonly receive = ({ payload }: { readonly payload: string }): void => {
    const [jobs = Number.NaN, priority] = payload.split(' ').map(Number);
    if (Number.isInteger(jobs) && jobs > 0)
      this.wake(jobs, priority === PRIORITY.live ? PRIORITY.live : PRIORITY.backlog);
  };

  /** Wakes workers when jobs that were put off are due. */
  wakeAfter(delayMs: number, jobs: number, priority: Priority): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.wake(jobs, priority);
    }, delayMs);
    this.#timers.add(timer);
  }
}

function leastPriority({ options }: WipData): number {
  return options.minPriority ?? PRIORITY.backlog;
}

/**
 * Idle is what a worker looks like that is fetching, too. One that was woken and has not come back is. One that takes
 * backlog may be, whenever there is some, and is then busy with a whole batch before it looks again: an edit that was left
 * to it waited for that, 70 ms or more beside a backlog where requests take as long.
 *
 * @returns 0 where it is known to sleep
 */
function idleUncertainty(worker: WipData, wokenAt: number): number {
  if (wokenAt > (worker.lastFetchedOn ?? 0)) return 2;
  return leastPriority(worker) > PRIORITY.backlog ? 0 : 1;
}
