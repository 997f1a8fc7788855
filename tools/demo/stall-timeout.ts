import { performance } from 'node:perf_hooks';
import type { Config } from '../../src/config/config.js';
import { WorkerError } from '../../src/base/errors.js';

/** Added to the time that one request may take. */
const GRACE_MS = 60_000;

/** Gives up when no block is embedded for too long. The worker itself waits for Ollama without a limit; a demo should not. */
export class StallTimeout {
  readonly #limitMs: number;
  #most = Number.NEGATIVE_INFINITY;
  #since = performance.now();

  constructor({ embeddingTimeoutMs }: Pick<Config, 'embeddingTimeoutMs'>) {
    this.#limitMs = embeddingTimeoutMs + GRACE_MS;
  }

  /**
   * @param settled how many blocks are settled now
   * @throws WorkerError if that number has not grown for too long
   */
  check(settled: number): void {
    const now = performance.now();
    if (settled > this.#most) {
      this.#most = settled;
      this.#since = now;
    }
    if (now - this.#since < this.#limitMs) return;
    const seconds = this.#limitMs / 1000;
    throw new WorkerError('DEMO_STALLED', `no block was embedded for ${seconds} s; see the warnings above`);
  }
}
