import { sleep } from '../base/sleep.js';

/** Keeps a rate: what was taken delays what is taken next. Time that passed unused is not saved up. */
export class RateLimit {
  readonly #perSecond: number;
  #freeAt = 0;

  /** @param perSecond 0 for no limit */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** The most to take at once, so that no second sees more than its share. */
  get maxBatch(): number {
    return this.#perSecond === 0 ? Number.POSITIVE_INFINITY : this.#perSecond;
  }

  /** Says that so many were taken. */
  spend(count: number): void {
    if (this.#perSecond === 0) return;
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (count / this.#perSecond) * 1000;
  }

  /** Waits until more may be taken, or until aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    await sleep(this.#freeAt - performance.now(), signal);
  }
}
