import { createEvents, type EventMap, type Events, type OutcomeLabel } from '../../src/telemetry/events.js';

type Recorded = { readonly [Name in keyof EventMap]: EventMap[Name][0][] };

const ALL: { readonly [Name in keyof EventMap]: true } = {
  settled: true,
  stored: true,
  failed: true,
  requeued: true,
  lost: true,
  unreadable: true,
  hold: true,
  crash: true,
  request: true,
  'request-cost': true,
  'request-size': true,
  'lost-request': true,
  split: true,
  gate: true,
  'gate-reason': true,
  listening: true,
  leading: true,
  swept: true,
  'sweep-progress': true,
  filled: true,
  bridged: true,
  'trigger-loop': true,
};
const NAMES = Object.keys(ALL) as (keyof EventMap)[];

/** How many events of each name an error shows. */
const MAX_SHOWN = 3;

/** Records a worker's events, and waits for conditions on them. */
export class WorkerEvents {
  readonly emitter: Events = createEvents();
  readonly seen: Recorded = emptyRecord();
  readonly #waiting = new Set<() => void>();

  constructor() {
    for (const name of NAMES) this.#record(name);
  }

  /** How many blocks were settled in this way. */
  settled(outcome: OutcomeLabel): number {
    return sum(this.seen.settled.filter((event) => event.outcome === outcome).map(({ count }) => count));
  }

  /** How many jobs were handed back for this reason. */
  requeued(reason: EventMap['requeued'][0]['reason']): number {
    return sum(this.seen.requeued.filter((event) => event.reason === reason).map(({ count }) => count));
  }

  /** Deletes the recorded events, so counting starts from zero. */
  forget(): void {
    for (const name of NAMES) this.seen[name].length = 0;
  }

  /**
   * Resolves as soon as the condition holds, possibly at once. It is checked after each event, without polling.
   *
   * @throws Error with the recorded events, if it does not hold within `timeoutMs`
   */
  until(condition: (events: this) => boolean, timeoutMs = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!condition(this)) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`Not within ${timeoutMs} ms: ${String(condition)}; seen:\n${this.#describe()}`));
      }, timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }

  #describe(): string {
    return NAMES.filter((name) => this.seen[name].length > 0)
      .map((name) => `${name} × ${this.seen[name].length}: … ${JSON.stringify(this.seen[name].slice(-MAX_SHOWN))}`)
      .join('\n');
  }

  #record(name: keyof EventMap): void {
    this.emitter.on(name, (event: EventMap[keyof EventMap][0]) => {
      (this.seen[name] as (typeof event)[]).push(event);
      for (const look of [...this.#waiting]) look();
    });
  }
}

function emptyRecord(): Recorded {
  return Object.fromEntries(NAMES.map((name) => [name, []])) as unknown as Recorded;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
