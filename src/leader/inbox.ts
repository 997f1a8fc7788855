/** 50,000 ids of 36 bytes take 5 MB; ids that are long texts could take 400. */
const MOST_CHARACTERS = 4_000_000;

/** Notifications that were received and not acted on yet, in order of arrival, each once. Its size is bounded. */
export class Inbox {
  readonly #most: number;
  /** By payload: what may be the block's id. */
  #waiting = new Map<string, readonly string[]>();
  #characters = 0;

  /** @param most notifications that it holds */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @returns false where it is full */
  add(payload: string, ids: readonly string[]): boolean {
    if (this.#waiting.has(payload)) return true;
    if (this.#waiting.size >= this.#most || this.#characters >= MOST_CHARACTERS) return false;
    this.#waiting.set(payload, ids);
    this.#characters += sizeOf(payload, ids);
    return true;
  }

  /** Takes out up to so many, the first ones first. */
  take(count: number): (readonly string[])[] {
    const taken: (readonly string[])[] = [];
    for (const [payload, ids] of this.#waiting) {
      if (taken.length === count) break;
      taken.push(ids);
      this.#characters -= sizeOf(payload, ids);
      this.#waiting.delete(payload);
    }
    return taken;
  }

  clear(): void {
    this.#waiting = new Map();
    this.#characters = 0;
  }
}

function sizeOf(payload: string, ids: readonly string[]): number {
  return ids.reduce((sum, id) => sum + id.length, payload.length);
}
