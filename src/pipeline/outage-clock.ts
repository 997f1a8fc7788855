import { performance } from 'node:perf_hooks';
import type { Events } from '../telemetry/events.js';

/** A block is blamed for taking too long only if outages took no more than this share of its time. */
const MAX_OUTAGE_SHARE = 0.1;

/** Tells how much of a time was spent in outages: with the gate closed, or all work held. */
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

  /** @returns says whether there was hardly any outage since */
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
