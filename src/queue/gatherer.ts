import { isTransient } from '../database/transient-errors.js';

export interface GathererOptions<Item, Result> {
  /** A turn that takes longer no longer keeps the next from starting. */
  readonly overdueMs: number;
  /** What a turn takes at most, by `sizeOf`; a larger item has a turn to itself. */
  readonly most: number;
  readonly sizeOf: (item: Item) => number;
  /** Does all of them or none, and answers in their order. */
  readonly perform: (items: readonly Item[]) => Promise<readonly Result[]>;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: what is asked for while a turn is under way is gathered and done in one turn after it. A lone item waits
 * for nothing, many at once cost a few statements, and a turn that hangs holds up no others.
 *
 * One item's failure is no other's: a turn that fails for a reason which does not pass is done again item by item.
 */
export class Gatherer<Item, Result> {
  readonly #options: GathererOptions<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  /** The turn that the next one waits for. */
  #current: object | undefined;

  constructor(options: GathererOptions<Item, Result>) {
    this.#options = options;
  }

  /** @throws what the turn failed with, where that was this item's doing or passes by itself */
  async do(item: Item): Promise<Result> {
    return await new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#current !== undefined || this.#waiting.length === 0) return;
    const turn = this.#next();
    this.#current = turn;
    const letGo = () => {
      if (this.#current !== turn) return;
      this.#current = undefined;
      this.#startNext();
    };
    const overdue = setTimeout(letGo, this.#options.overdueMs);
    void this.#turn(turn).then(() => {
      clearTimeout(overdue);
      letGo();
    });
  }

  #next(): Waiting<Item, Result>[] {
    const { most, sizeOf } = this.#options;
    let size = 0;
    let count = 0;
    for (const { item } of this.#waiting) {
      size += sizeOf(item);
      if (count > 0 && size > most) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #turn(turn: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.perform(turn.map(({ item }) => item));
      turn.forEach(({ resolve }, i) => {
        resolve(results[i] as Result); // one each, by the contract of `perform`
      });
    } catch (error) {
      if (turn.length > 1 && !isTransient(error)) for (const one of turn) await this.#turn([one]);
      else for (const { reject } of turn) reject(error);
    }
  }
}
