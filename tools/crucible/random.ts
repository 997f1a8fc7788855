import { randomWords } from '../stand-in/random.js';

/** Random choices that repeat with the seed. Each part of a run forks its own, so the pace of one does not change the choices of another. */
export class Random {
  readonly #key: string;
  readonly #next: () => number;

  constructor(key: string) {
    this.#key = key;
    this.#next = randomWords(key);
  }

  fork(name: string): Random {
    return new Random(`${this.#key}/${name}`);
  }

  /** 0 ≤ x < 1 */
  next(): number {
    return this.#next() / 2 ** 32;
  }

  /** A whole number between the bounds, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws RangeError if the list is empty */
  pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.next() * from.length)];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  }

  /** Picks by weight. */
  weighted<T>(from: readonly (readonly [weight: number, value: T])[]): T {
    let at = this.next() * from.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of from) {
      at -= weight;
      if (at < 0) return value;
    }
    throw new RangeError('nothing to pick from');
  }
}
