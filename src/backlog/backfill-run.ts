import { Backfill, type BackfillOptions } from './backfill.js';
import { follow } from './follow.js';
import { Outstanding } from './outstanding.js';

/** A backfill that can also wait until its blocks have ended. Its progress can be read at any time. */
export class BackfillRun {
  readonly outstanding: Outstanding | null;
  readonly #backfill: Backfill;
  readonly #options: Omit<BackfillOptions, 'onWaiting'>;
  readonly #failed = new AbortController();
  #open = true;

  constructor(options: Omit<BackfillOptions, 'onWaiting'>, waitForBlocks: boolean) {
    const outstanding = waitForBlocks ? new Outstanding() : null;
    this.outstanding = outstanding;
    this.#options = { ...options, signal: AbortSignal.any([options.signal, this.#failed.signal]) };
    this.#backfill = new Backfill({ ...this.#options, onWaiting: (ids) => outstanding?.add(ids) });
  }

  get counts(): Backfill['counts'] {
    return this.#backfill.counts;
  }

  /** Whether blocks are still being enqueued. */
  get enqueuing(): boolean {
    return this.#open;
  }

  /** Resolves when all blocks are enqueued and, if they are followed, have ended; earlier when aborted. */
  async run(): Promise<void> {
    try {
      await Promise.all([this.#enqueue(), this.#follow()]);
    } finally {
      this.#failed.abort();
    }
  }

  async #enqueue(): Promise<void> {
    await this.#backfill.run();
    this.#open = this.#options.signal.aborted;
  }

  async #follow(): Promise<void> {
    const { outstanding } = this;
    if (outstanding === null) return;
    await follow({ ...this.#options, outstanding, isOpen: () => this.#open });
  }
}
