/** What became of a request; `in-flight` until it is known. */
export type RequestState = 'in-flight' | 'answered' | 'hung-up' | 'dropped';

/** One request to the stand-in, as its log remembers it. */
export interface RequestRecord {
  /** Counted from 1. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  /** Arrival, milliseconds since 1970. */
  readonly at: number;
  /** The same on the process's own clock, for differences. */
  readonly startedAt: number;
  state: RequestState;
  /** Of the answer, once there is one. */
  status: number | undefined;
  /** Arrival to the last byte handed to the socket, or to the hang-up. */
  durationMs: number | undefined;
  model: string | undefined;
  /** As asked for. */
  dimensions: number | undefined;
  /** Number of texts, and their length in UTF-16 units. */
  texts: number;
  characters: number;
  /** The texts themselves, with `recordTexts`. */
  recordedTexts: readonly string[] | undefined;
  /** Whether a vector per text went out, true ones: not spoilt by a fault rule. */
  embedded: boolean;
  /** Names of the fault rules that struck. */
  faults: readonly string[];
}

/** Sums over all requests ever, forgotten ones included. */
export interface RequestTotals {
  readonly requests: number;
  readonly answered: number;
  readonly hungUp: number;
  readonly dropped: number;
  /** Texts whose vectors were delivered unspoilt. */
  readonly textsEmbedded: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byFault: Readonly<Record<string, number>>;
}

/** The last requests, oldest first; older ones are forgotten, the numbering goes on. */
export class RequestLog {
  readonly #capacity: number;
  #records: RequestRecord[] = [];
  #count = 0;
  readonly #byState: Record<RequestState, number> = { 'in-flight': 0, answered: 0, 'hung-up': 0, dropped: 0 };
  readonly #byStatus: Record<string, number> = {};
  readonly #byFault: Record<string, number> = {};
  #textsEmbedded = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get records(): readonly RequestRecord[] {
    return this.#records;
  }

  get totals(): RequestTotals {
    return {
      requests: this.#count,
      answered: this.#byState.answered,
      hungUp: this.#byState['hung-up'],
      dropped: this.#byState.dropped,
      textsEmbedded: this.#textsEmbedded,
      byStatus: { ...this.#byStatus },
      byFault: { ...this.#byFault },
    };
  }

  begin(method: string, path: string): RequestRecord {
    const record: RequestRecord = {
      number: ++this.#count,
      method,
      path,
      at: Date.now(),
      startedAt: performance.now(),
      state: 'in-flight',
      status: undefined,
      durationMs: undefined,
      model: undefined,
      dimensions: undefined,
      texts: 0,
      characters: 0,
      recordedTexts: undefined,
      embedded: false,
      faults: [],
    };
    this.#records.push(record);
    // Halving rarely is cheaper than shifting at every request.
    if (this.#records.length > 2 * this.#capacity) {
      this.#records = this.#records.slice(this.#records.length - this.#capacity);
    }
    return record;
  }

  /** Notes how a request ended; `record.embedded` must be true to the answer by then. */
  finish(record: RequestRecord, state: Exclude<RequestState, 'in-flight'>, status: number | undefined): void {
    if (record.state !== 'in-flight') return;
    record.state = state;
    record.status = status;
    record.durationMs = performance.now() - record.startedAt;
    this.#byState[state]++;
    if (status !== undefined) increment(this.#byStatus, String(status));
    for (const name of record.faults) increment(this.#byFault, name);
    if (record.embedded && state === 'answered') this.#textsEmbedded += record.texts;
  }

  clear(): void {
    this.#records = [];
  }

  /**
   * How often each text was embedded and its vector delivered. Needs `recordTexts`; goes no further back than the log.
   */
  timesEmbedded(): Map<string, number> {
    const times = new Map<string, number>();
    for (const record of this.#records) {
      if (!record.embedded || record.state !== 'answered') continue;
      for (const text of record.recordedTexts ?? []) times.set(text, (times.get(text) ?? 0) + 1);
    }
    return times;
  }
}

function increment(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
