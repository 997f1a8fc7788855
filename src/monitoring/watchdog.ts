/** Something under way that must not take longer than its bound. */
interface Watched {
  readonly part: string;
  readonly deadline: number;
}

/**
 * Knows what is under way and how long each may take, so that a process which hangs is restarted and one which only
 * waits for an absent database or model is not: their waits are bounded within the parts.
 */
export class Watchdog {
  readonly #watched = new Set<Watched>();

  /** Runs `work` under a bound. Passing it ends nothing; it makes the process unhealthy. */
  async watch<T>(part: string, boundMs: number, work: () => Promise<T>): Promise<T> {
    const watched = { part, deadline: performance.now() + boundMs };
    this.#watched.add(watched);
    try {
      return await work();
    } finally {
      this.#watched.delete(watched);
    }
  }

  /** The parts that have passed their bound. */
  overdue(): string[] {
    const now = performance.now();
    return [...new Set([...this.#watched].filter(({ deadline }) => deadline < now).map(({ part }) => part))];
  }
}
