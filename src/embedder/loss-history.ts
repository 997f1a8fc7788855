/** How long a loss is remembered. */
const MEMORY_MS = 10 * 60_000;
/** Losses within that time that do not make requests wait longer. */
const COMMON_LOSSES = 3;

/**
 * Counts losses, to bound what mistakes cost. If one of several servers behind one address loads its model while the others
 * answer, its requests look lost, and each time one is cancelled the load begins again. So from the fourth loss on, all
 * requests wait twice as long with each further one, until the load gets the time that it needs.
 */
export class LossHistory {
  #losses: number[] = [];

  /** Requests that were in flight together are lost together, and count as one loss. */
  add(sentAt: number, now: number): void {
    if (sentAt >= (this.#losses.at(-1) ?? 0)) this.#losses.push(now);
  }

  patienceFactor(now: number): number {
    this.#losses = this.#losses.filter((at) => now - at < MEMORY_MS);
    return 2 ** Math.max(0, this.#losses.length - COMMON_LOSSES);
  }
}
