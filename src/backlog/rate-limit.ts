import { sleep } from '../base/sleep.js';

/** Limits a rate: each batch delays the next in proportion to its size. Unused time is not saved up. */
export class RateLimit {
  readonly #perSecond: number;
  #freeAt = 0;

  /** @param perSecond 0 for no limit */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** The largest batch, so that no second exceeds the rate. */
  get maxBatch(): number {
    return this.#perSecond === 0 ? Number.POSITIVE_INFINITY : this.#perSecond;
  }

  /** Counts what was taken. */
  spend(count: number): void {
    if (this.#perSecond === 0) return;
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (count / this.#perSecond) * 1000;
  }

  /** Waits until the next batch may be taken, or until aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    await sleep(this.#freeAt - performance.now(), signal);
  }
}
