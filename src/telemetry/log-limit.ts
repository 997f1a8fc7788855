/** Keeps one message from being logged more often than once in so long. Each message has its own. */
export class LogLimit {
  readonly #everyMs: number;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Runs `say` unless it ran within the last so many milliseconds. */
  run(say: () => void): void {
    if (performance.now() - this.#saidAt < this.#everyMs) return;
    this.#saidAt = performance.now();
    say();
  }
}
