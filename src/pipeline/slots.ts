import { Semaphore } from 'async-mutex';
import { acquire } from '../base/acquire.js';

/** One slot for each worker of this process. A job that takes every slot runs alone. */
export class Slots {
  readonly #semaphore: Semaphore;
  readonly #total: number;

  constructor(workers: number) {
    this.#semaphore = new Semaphore(workers);
    this.#total = workers;
  }

  /**
   * Waits for slots.
   *
   * @returns releases them; undefined when the signal was aborted first
   */
  async acquire(wanted: 1 | 'all', signal: AbortSignal): Promise<(() => void) | undefined> {
    try {
      return await acquire(this.#semaphore, wanted === 'all' ? this.#total : wanted, 0, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return undefined;
    }
  }
}
