import { EXACT, isDrifted, type Comparison } from './comparison.js';

/** The comparisons of the blocks of one type. */
export interface TypeTally {
  readonly type: string;
  /** Blocks whose stored vector could be judged. */
  readonly checked: number;
  readonly drifted: number;
  /** Blocks whose vector is not the same, computed again; these include the drifted ones. */
  readonly inexact: number;
  /** null if no two vectors were compared. */
  readonly lowestCosine: number | null;
  /** Blocks of which the model returned no vector. */
  readonly notEmbedded: number;
}

/** What is kept of comparisons, however many there are. */
export class Tally {
  readonly #threshold: number;
  readonly #types = new Map<string, Counters>();
  readonly #drifted = { compared: 0, 'no vector': 0, 'no text': 0, 'not embedded': 0 };
  #cosinesOfDrifted = 0;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  add(comparisons: readonly Comparison[]): void {
    for (const comparison of comparisons) this.#count(comparison);
  }

  /** By type, in order. */
  get types(): TypeTally[] {
    return [...this.#types.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  /** Over all types. */
  get total(): Omit<TypeTally, 'type'> {
    const { types } = this;
    const sum = (key: 'checked' | 'drifted' | 'inexact' | 'notEmbedded') =>
      types.reduce((total, one) => total + one[key], 0);
    const cosines = types.flatMap(({ lowestCosine }) => lowestCosine ?? []);
    return {
      checked: sum('checked'),
      drifted: sum('drifted'),
      inexact: sum('inexact'),
      lowestCosine: cosines.length === 0 ? null : Math.min(...cosines),
      notEmbedded: sum('notEmbedded'),
    };
  }

  /** The drifted blocks, by what was found. */
  get driftedByResult(): Readonly<Record<Comparison['result'], number>> {
    return this.#drifted;
  }

  /** Mean cosine of the drifted blocks that have a vector; null if there are none. */
  get meanCosineOfDrifted(): number | null {
    const { compared } = this.#drifted;
    return compared === 0 ? null : this.#cosinesOfDrifted / compared;
  }

  #count(comparison: Comparison): void {
    const { type, result, cosine } = comparison;
    const tally = this.#types.get(type) ?? emptyTally(type);
    this.#types.set(type, tally);
    if (result === 'not embedded') {
      tally.notEmbedded += 1;
      return;
    }
    tally.checked += 1;
    if (cosine !== null) tally.lowestCosine = Math.min(tally.lowestCosine ?? cosine, cosine);
    if (isDrifted(comparison, EXACT)) tally.inexact += 1;
    if (!isDrifted(comparison, this.#threshold)) return;
    tally.drifted += 1;
    this.#drifted[result] += 1;
    this.#cosinesOfDrifted += cosine ?? 0;
  }
}

type Counters = { -readonly [K in keyof TypeTally]: TypeTally[K] };

function emptyTally(type: string): Counters {
  return { type, checked: 0, drifted: 0, inexact: 0, lowestCosine: null, notEmbedded: 0 };
}
