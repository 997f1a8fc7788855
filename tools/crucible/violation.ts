/** The design's invariants, and what is no invariant but must not be either. */
export type InvariantNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7;

export const INVARIANTS: Readonly<Record<InvariantNumber, string>> = {
  1: 'no lost update',
  2: 'no stale write',
  3: 'status follows the job',
  4: 'one block’s fault is one block’s fault',
  5: 'an outage is nobody’s fault',
  6: 'we own two columns',
  7: 'any number of replicas',
};

export interface Violation {
  readonly invariant: InvariantNumber;
  /** Constant; what varies goes into the details. */
  readonly what: string;
  readonly blockId?: string;
  readonly details?: object;
}

/** Collects violations; the same of the same block counts once. */
export class Violations {
  readonly #seen = new Map<string, Violation>();
  #onFirst: (() => void) | undefined;

  /** @param onFirst called once, at the first of all */
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
