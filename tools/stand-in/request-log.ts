/** How a request ended; `in-flight` until it has. The answer of a `swallowed` one was ready but did not leave. */
export type RequestState = 'in-flight' | 'answered' | 'hung-up' | 'dropped' | 'swallowed';

/** One request in the stand-in's log. */
export interface RequestRecord {
  /** Counted from 1. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  /** Arrival, milliseconds since 1970. */
  readonly at: number;
  /** Arrival on the process's monotonic clock, to compute durations. */
  readonly startedAt: number;
  state: RequestState;
  /** Status of the answer, once it was sent. */
  status: number | undefined;
  /** From arrival to the last byte written to the socket, or to the hang-up. */
  durationMs: number | undefined;
  model: string | undefined;
  /** As requested. */
  dimensions: number | undefined;
  /** `keep_alive` as requested. */
  keepAlive: unknown;
  /** Number of texts, and their length in UTF-16 units. */
  texts: number;
  characters: number;
  /** The texts, with the option `recordTexts`. */
  recordedTexts: readonly string[] | undefined;
  /** Whether a correct vector was sent for each text. */
  embedded: boolean;
  /** Names of the fault rules that applied. */
  faults: readonly string[];
}

/** Totals over all requests since the start, including those no longer in the log. */
export interface RequestTotals {
  readonly requests: number;
  readonly answered: number;
  readonly hungUp: number;
  readonly dropped: number;
  readonly swallowed: number;
  /** Texts for which a correct vector was sent. */
  readonly textsEmbedded: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byFault: Readonly<Record<string, number>>;
}

/** The latest requests, oldest first. Older ones are dropped; the numbering continues. */
export class RequestLog {
  readonly #capacity: number;
  #records: RequestRecord[] = [];
  #count = 0;
  readonly #byState: Record<RequestState, number> = {
    'in-flight': 0,
    answered: 0,
    'hung-up': 0,
    dropped: 0,
    swallowed: 0,
  };
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
      swallowed: this.#byState.swallowed,
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
      keepAlive: undefined,
      texts: 0,
      characters: 0,
      recordedTexts: undefined,
      embedded: false,
      faults: [],
    };
    this.#records.push(record);
    // Halving it occasionally is cheaper than shifting at every request.
    if (this.#records.length > 2 * this.#capacity) {
      this.#records = this.#records.slice(this.#records.length - this.#capacity);
    }
    return record;
  }

  /** Records how a request ended. Set `record.embedded` before. */
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
   * How often each text was embedded and its vector sent, as far back as the log goes. Needs `recordTexts`.
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
