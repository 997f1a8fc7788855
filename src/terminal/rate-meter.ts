/** Window of the rate. A shorter one jumps with every batch, a longer one reports the past. */
const WINDOW_MS = 30_000;

/** How fast a count grows. */
export class RateMeter {
  #samples: { at: number; value: number }[] = [];

  /** Records the count. @returns its growth per second over the last 30 s; 0 until a second sample */
  perSecond(value: number, now = performance.now()): number {
    this.#samples.push({ at: now, value });
    this.#samples = this.#samples.filter(({ at }) => now - at <= WINDOW_MS);
    const [first] = this.#samples;
    if (first === undefined || now === first.at) return 0;
    return ((value - first.value) / (now - first.at)) * 1000;
  }
}
