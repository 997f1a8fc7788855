import type { PgBoss } from 'pg-boss';
import type { Service } from '../lifecycle.js';
import { QUEUE } from './job.js';

/**
 * Wakes pg-boss's workers of this process, which sleep for the polling interval between fetches. pg-boss's own
 * listener wakes every worker for each job; waking as many as there is work for halves p99 from edit to vector.
 */
export class Waker implements Service {
  readonly #boss: PgBoss;
  readonly #batchSize: number;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(boss: PgBoss, batchSize: number) {
    this.#boss = boss;
    this.#batchSize = batchSize;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    return Promise.resolve();
  }

  /**
   * Wakes workers for so many new jobs. Where too few are idle, the busy ones are told as well: they fetch again as
   * soon as they are done, instead of going to sleep beside a job that came meanwhile.
   */
  wake(jobs: number): void {
    const workers = this.#boss.getWipData().filter(({ name }) => name === QUEUE);
    const idle = workers.filter(({ count }) => count === 0);
    const wanted = Math.ceil(jobs / this.#batchSize);
    // A worker that takes live jobs only stands last in line: where there is one idle, the others are busy.
    const woken = idle.length >= wanted ? idle.slice(0, wanted) : workers;
    for (const { id } of woken) this.#boss.notifyWorker(id);
  }

  /** Wakes workers when jobs that were put off are due. */
  wakeAfter(delayMs: number, jobs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.wake(jobs);
    }, delayMs);
    this.#timers.add(timer);
  }
}
