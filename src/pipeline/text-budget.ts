import { Semaphore } from 'async-mutex';
import { acquire } from '../base/acquire.js';

/**
 * Bounds the text that this process holds at once, whatever the number of its workers: memory is 256 MiB, and a block
 * may hold megabytes. Every worker may claim its share without asking; a block that is larger than that waits until
 * room for all of it was made.
 */
export class TextBudget {
  /** Bytes a worker claims without asking. */
  readonly shareBytes: number;
  readonly #spareBytes: number;
  readonly #spare: Semaphore;

  /**
   * @param totalBytes for the whole process: half is shared out, half is for what is larger than a share
   * @param workers that claim at once
   */
  constructor(totalBytes: number, workers: number) {
    this.#spareBytes = Math.ceil(totalBytes / 2);
    this.shareBytes = Math.floor((totalBytes - this.#spareBytes) / workers);
    this.#spare = new Semaphore(this.#spareBytes);
  }

  /**
   * Waits for room for one large text.
   *
   * @param bytes of the text; more than there is counts as all there is, so that the largest goes alone
   * @returns gives the room back
   * @throws the signal's reason
   */
  async reserve(bytes: number, signal: AbortSignal): Promise<() => void> {
    return await acquire(this.#spare, Math.min(Math.max(1, bytes), this.#spareBytes), 0, signal);
  }
}
