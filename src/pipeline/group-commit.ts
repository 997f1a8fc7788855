import { isEnvironmental, reactionTo } from '../postgres/sqlstate.js';

export interface GroupCommitOptions<Item, Result> {
  /** A round that takes longer does not keep the next from starting. */
  readonly overlapAfterMs: number;
  /** What a round takes at most, by `size`; a larger item has a round to itself. */
  readonly maxItems: number;
  readonly size: (item: Item) => number;
  /** Does all of them or none, and answers in their order. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What is asked for while a round is under way is done in one round after it. A lone item waits for nothing, many at once
 * cost a few statements, and a round that hangs delays no others.
 *
 * One item's failure is no other's: a round that one of its blocks may have failed is done again item by item. A round that
 * timed out is not, since each item could wait as long again: who asked splits it.
 */
export class GroupCommit<Item, Result> {
  readonly #options: GroupCommitOptions<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  /** The round that the next one waits for. */
  #current: object | undefined;

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.#options = options;
  }

  /** @throws what the round failed with */
  async run(item: Item): Promise<Result> {
    return await new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#current !== undefined || this.#waiting.length === 0) return;
    const round = this.#next();
    this.#current = round;
    const release = () => {
      if (this.#current !== round) return;
      this.#current = undefined;
      this.#startNext();
    };
    const overlap = setTimeout(release, this.#options.overlapAfterMs);
    void this.#commit(round).then(() => {
      clearTimeout(overlap);
      release();
    });
  }

  #next(): Waiting<Item, Result>[] {
    const { maxItems, size } = this.#options;
    let total = 0;
    let count = 0;
    for (const { item } of this.#waiting) {
      total += size(item);
      if (count > 0 && total > maxItems) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(round: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.run(round.map(({ item }) => item));
      round.forEach(({ resolve }, i) => {
        resolve(results[i] as Result); // one each, by the contract of `run`
      });
    } catch (error) {
      const isOneItems = reactionTo(error) === 'split' && !isEnvironmental(error);
      if (round.length > 1 && isOneItems) for (const one of round) await this.#commit([one]);
      else for (const { reject } of round) reject(error);
    }
  }
}
