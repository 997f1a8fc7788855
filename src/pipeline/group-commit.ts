import { isEnvironmental, reactionTo } from '../postgres/sqlstate.js';

export interface GroupCommitOptions<Item, Result> {
  /** After this, the next round starts without waiting for the current one. */
  readonly overlapAfterMs: number;
  /** The most that a round takes, by `size`; a larger item gets a round of its own. */
  readonly maxItems: number;
  readonly size: (item: Item) => number;
  /** Does all of them or none. Its results are in the order of the items. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Items that arrive during a round are done together in the next one. A lone item does not wait, many at once cost a few
 * statements, and a round that hangs does not delay the others.
 *
 * An item's failure affects no other: a round that one item may have caused to fail is repeated item by item. A round that
 * timed out is not, since each item could take as long again: the caller splits it.
 */
export class GroupCommit<Item, Result> {
  readonly #options: GroupCommitOptions<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  /** The round that the next one must wait for. */
  #current: object | undefined;

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.#options = options;
  }

  /** @throws the error of the round */
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
        resolve(results[i] as Result); // `run` returns one for each item
      });
    } catch (error) {
      const mayBeCausedByOneItem = reactionTo(error) === 'split' && !isEnvironmental(error);
      if (round.length > 1 && mayBeCausedByOneItem) for (const one of round) await this.#commit([one]);
      else for (const { reject } of round) reject(error);
    }
  }
}
