import { Semaphore } from 'async-mutex';
import { acquire } from '../base/acquire.js';

/**
 * Limits the text that this process holds at once, regardless of the number of its workers: memory is 256 MiB, and a block
 * may hold megabytes. Every worker may claim its share without reserving it; a larger block waits until all of it is
 * reserved.
 */
export class TextBudget {
  /** Bytes that a worker may claim without reserving them. */
  readonly shareBytes: number;
  readonly #spareBytes: number;
  readonly #spare: Semaphore;

  /**
   * @param totalBytes for the whole process: half is divided among the workers, half is for blocks larger than a share
   * @param workers that may claim at the same time
   */
  constructor(totalBytes: number, workers: number) {
    this.#spareBytes = Math.ceil(totalBytes / 2);
    this.shareBytes = Math.floor((totalBytes - this.#spareBytes) / workers);
    this.#spare = new Semaphore(this.#spareBytes);
  }

  /**
   * Reserves memory for one large text.
   *
   * @param bytes of the text; more than the reserve counts as all of it, so the largest texts go alone
   * @returns releases it
   * @throws the signal's reason
   */
  async reserve(bytes: number, signal: AbortSignal): Promise<() => void> {
    return await acquire(this.#spare, Math.min(Math.max(1, bytes), this.#spareBytes), 0, signal);
  }
}
