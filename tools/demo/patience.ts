import { performance } from 'node:perf_hooks';
import type { Config } from '../../src/config/config.js';
import { WorkerError } from '../../src/base/errors.js';

/** Beside the time that one request may take. */
const GRACE_MS = 60_000;

/** The worker waits for ever for an Ollama that is away; a demo does not. */
export class Patience {
  readonly #limitMs: number;
  #best = Number.NEGATIVE_INFINITY;
  #since = performance.now();

  constructor({ embeddingTimeoutMs }: Pick<Config, 'embeddingTimeoutMs'>) {
    this.#limitMs = embeddingTimeoutMs + GRACE_MS;
  }

  /** @throws WorkerError when this is no more than before, and has been so for long */
  expectMoreThan(settled: number): void {
    const now = performance.now();
    if (settled > this.#best) {
      this.#best = settled;
      this.#since = now;
    }
    if (now - this.#since < this.#limitMs) return;
    const seconds = this.#limitMs / 1000;
    throw new WorkerError('DEMO_STALLED', `no block was embedded for ${seconds} s; the warnings above say why`);
  }
}
