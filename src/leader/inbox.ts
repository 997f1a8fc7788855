/** Bounds the memory: 50,000 ids of 36 bytes take 5 MB, ids that are long texts could take 400 MB. */
const MAX_CHARACTERS = 4_000_000;

/** Notifications that wait to be acted on, in order of arrival, each payload once. Its size is bounded. */
export class Inbox {
  readonly #max: number;
  /** By payload: the ids that it may name. */
  #waiting = new Map<string, readonly string[]>();
  #characters = 0;

  /** @param max notifications */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @returns false when it is full */
  add(payload: string, ids: readonly string[]): boolean {
    if (this.#waiting.has(payload)) return true;
    if (this.#waiting.size >= this.#max || this.#characters >= MAX_CHARACTERS) return false;
    this.#waiting.set(payload, ids);
    this.#characters += sizeOf(payload, ids);
    return true;
  }

  /** Removes and returns up to `count`, the oldest first. */
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
