/** A rate is taken over so long: shorter, and it jumps with every batch; longer, and it tells of the past. */
const WINDOW_MS = 30_000;

/** How fast a count grows, lately. */
export class RateMeter {
  #samples: { at: number; value: number }[] = [];

  /** Takes note of the count. @returns its growth a second over the last half minute, 0 as long as nothing is known */
  perSecond(value: number, now = performance.now()): number {
    this.#samples.push({ at: now, value });
    this.#samples = this.#samples.filter(({ at }) => now - at <= WINDOW_MS);
    const [first] = this.#samples;
    if (first === undefined || now === first.at) return 0;
    return ((value - first.value) / (now - first.at)) * 1000;
  }
}
