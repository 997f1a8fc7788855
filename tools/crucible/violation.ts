/** The number of an invariant of the design. */
export type InvariantNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7;

export const INVARIANTS: Readonly<Record<InvariantNumber, string>> = {
  1: 'no lost update',
  2: 'no stale write',
  3: 'status follows the job',
  4: 'a block’s failure stays with that block',
  5: 'outages cost nothing',
  6: 'we own two columns',
  7: 'any number of replicas',
};

export interface Violation {
  readonly invariant: InvariantNumber;
  /** A constant text; what varies goes into the details. */
  readonly what: string;
  readonly blockId?: string;
  readonly details?: object;
}

/** Collects violations. The same violation of the same block counts once. */
export class Violations {
  readonly #seen = new Map<string, Violation>();
  #onFirst: (() => void) | undefined;

  /** @param onFirst called at the first violation */
  constructor(onFirst?: () => void) {
    this.#onFirst = onFirst;
  }

  add(violation: Violation): void {
    const key = `${violation.invariant}/${violation.what}/${violation.blockId ?? ''}`;
    if (!this.#seen.has(key)) this.#seen.set(key, violation);
    this.#onFirst?.();
    this.#onFirst = undefined;
  }

  get all(): readonly Violation[] {
    return [...this.#seen.values()];
  }
}
