/** Read at most so often, however many ask. */
const KEEP_MS = 1_000;
/** Nobody waits for longer; a scrape has 10 s by default, for all of its metrics. */
const PATIENCE_MS = 1_000;

/**
 * A reading that all who ask at about the same time share. There is one under way at most, so that an absent database is
 * not asked by every scrape, and who asks while it hangs is answered at once.
 */
export class CachedQuery<T> {
  readonly #read: () => Promise<T>;
  #startedAt = Number.NEGATIVE_INFINITY;
  #underWay = false;
  #reading: Promise<T | undefined> = Promise.resolve(undefined);

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** @returns what was read within the last second; undefined where that failed or takes too long */
  async get(): Promise<T | undefined> {
    if (!this.#underWay && performance.now() - this.#startedAt >= KEEP_MS) {
      this.#startedAt = performance.now();
      this.#underWay = true;
      this.#reading = this.#read()
        .catch(() => undefined)
        .finally(() => {
          this.#underWay = false;
        });
    }
    if (!this.#underWay) return await this.#reading;
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, this.#startedAt + PATIENCE_MS - performance.now(), undefined);
    try {
      return await Promise.race([this.#reading, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
