/** Work in progress that must end before its deadline. */
interface Watched {
  readonly part: string;
  readonly deadline: number;
}

/**
 * Knows the work in progress and its time limits, so that a process that hangs is restarted. A process that waits for the
 * database or the model is not: the parts limit those waits themselves.
 */
export class Watchdog {
  readonly #watched = new Set<Watched>();

  /** Runs `work` with a time limit. When the limit has passed the work continues, but the process is unhealthy. */
  async watch<T>(part: string, limitMs: number, work: () => Promise<T>): Promise<T> {
    const watched = { part, deadline: performance.now() + limitMs };
    this.#watched.add(watched);
    try {
      return await work();
    } finally {
      this.#watched.delete(watched);
    }
  }

  /** The parts that have exceeded their limit. */
  overdue(): string[] {
    const now = performance.now();
    return [...new Set([...this.#watched].filter(({ deadline }) => deadline < now).map(({ part }) => part))];
  }
}
