import { performance } from 'node:perf_hooks';
import type { Events } from '../telemetry/events.js';

/** A block counts as too slow only if outages took no more than this share of its time. */
const MAX_OUTAGE_SHARE = 0.1;

/** Measures time spent in outages: while the gate is closed or all work is held. */
export class OutageClock {
  readonly #closed = new Set<'gate' | 'hold'>();
  #since = 0;
  #totalMs = 0;

  constructor(events: Events) {
    events.on('gate', ({ open }) => {
      this.#set('gate', !open);
    });
    events.on('hold', ({ reason }) => {
      this.#set('hold', reason !== null);
    });
  }

  /** Starts measuring. @returns whether outages have taken hardly any of the time since */
  start(): () => boolean {
    const startedAt = performance.now();
    const before = this.#elapsedMs();
    return () => this.#elapsedMs() - before < (performance.now() - startedAt) * MAX_OUTAGE_SHARE;
  }

  #elapsedMs(): number {
    return this.#totalMs + (this.#closed.size > 0 ? performance.now() - this.#since : 0);
  }

  #set(what: 'gate' | 'hold', isClosed: boolean): void {
    const total = this.#elapsedMs();
    if (isClosed) this.#closed.add(what);
    else this.#closed.delete(what);
    this.#totalMs = total;
    this.#since = performance.now();
  }
}
