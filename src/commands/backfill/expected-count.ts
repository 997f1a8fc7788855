import type { BackfillCount } from './plan.js';

/** A count that runs beside a backfill, for its progress: the backfill neither waits for it nor fails with it. */
export class ExpectedCount {
  /** Resolves when it has ended. */
  readonly settled: Promise<void>;
  #value: BackfillCount | undefined;

  constructor(count: () => Promise<BackfillCount>) {
    this.settled = this.#run(count);
  }

  /** undefined until it is known. */
  get value(): BackfillCount | undefined {
    return this.#value;
  }

  async #run(count: () => Promise<BackfillCount>): Promise<void> {
    try {
      this.#value = await count();
    } catch {
      // Then the progress has no total. If the cause lasts, the backfill fails too, and says why.
    }
  }
}
