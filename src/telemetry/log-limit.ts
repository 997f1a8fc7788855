/** Logs one message at most once per interval. Each message needs its own instance. */
export class LogLimit {
  readonly #intervalMs: number;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Calls `log` unless it was called within the interval. */
  run(log: () => void): void {
    if (performance.now() - this.#loggedAt < this.#intervalMs) return;
    this.#loggedAt = performance.now();
    log();
  }
}
