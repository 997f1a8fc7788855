import type { Blocks } from '../blocks/blocks.js';
import type { Database } from '../postgres/database.js';
import type { Hold } from '../postgres/hold.js';
import { LogLimit } from '../telemetry/log-limit.js';
import type { Logger } from '../telemetry/logger.js';
import { sleep } from '../base/sleep.js';
import { MAX_WAITING_EDITS } from '../queue/capacity.js';
import { EDITS_PER_INSERT, type Edits } from './edits.js';
import { retryForLeader } from './retry-for-leader.js';
import type { EmbedQueue } from '../queue/embed-queue.js';

/** Two looks begin no closer to each other, and reading the table takes at most a twentieth of the time. */
const LEAST_MS = 250;
const SHARE = 1 / 20;
/** However long the last one took, edits need not wait for longer. */
const MOST_PAUSE_MS = 60_000;
/** Blocks read at once. */
const PAGE = 1_000;
const COMPLAIN_EVERY_MS = 60_000;

export interface PendingScanOptions {
  readonly database: Database;
  readonly queue: EmbedQueue;
  readonly blocks: Blocks;
  readonly edits: Edits;
  readonly hold: Hold;
  /** Whether blocks are pending that nobody just edited. */
  readonly hasBacklog: () => boolean;
  readonly requestSweep: () => void;
  readonly log: Logger;
}

/**
 * Finds the edits of an API whose notifications name no block: by looking for what is pending, at once, and then no more
 * often than the table bears it. What it finds goes before all backlog, since the last pass over the table left nothing;
 * where it did, or there is more than anyone edits by hand, the sweep takes over.
 */
export class PendingScan {
  readonly #options: PendingScanOptions;
  readonly #stopping = new AbortController();
  readonly #complaint = new LogLimit(COMPLAIN_EVERY_MS);
  #wanted = false;
  #looking: Promise<void> | undefined;
  #freeAt = Number.NEGATIVE_INFINITY;

  constructor(options: PendingScanOptions) {
    this.#options = options;
  }

  /** Asks for a look that begins after now. */
  readonly request = (): void => {
    if (this.#stopping.signal.aborted) return;
    this.#wanted = true;
    this.#looking ??= this.#run();
  };

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
  }

  async #run(): Promise<void> {
    const { hasBacklog, requestSweep, log } = this.#options;
    const { signal } = this.#stopping;
    while (this.#wanted && !signal.aborted) {
      await sleep(this.#freeAt - performance.now(), signal);
      if (signal.aborted) break;
      this.#wanted = false;
      const started = performance.now();
      let readMs = 0;
      try {
        if (hasBacklog()) requestSweep();
        else readMs = await this.#look();
      } catch (error) {
        if (signal.aborted) break;
        this.#complaint.run(() => {
          log.warn('could not scan for pending blocks; the next sweep will', { error });
        });
        requestSweep();
      }
      const pauseMs = Math.min(MOST_PAUSE_MS, readMs / SHARE - readMs);
      this.#freeAt = Math.max(started + LEAST_MS, performance.now() + pauseMs);
    }
    this.#looking = undefined;
  }

  /** @returns how long reading took */
  async #look(): Promise<number> {
    const { requestSweep } = this.#options;
    const { signal } = this.#stopping;
    let readMs = 0;
    let after: string | null = null;
    for (let found = 0; found < MAX_WAITING_EDITS && !signal.aborted;) {
      const page = await this.#read(after);
      readMs += page.tookMs;
      found += page.ids.length;
      if (!(await this.#enqueue(page.ids))) break;
      if (page.isLast) return readMs;
      after = page.lastId;
    }
    requestSweep();
    return readMs;
  }

  /** @returns the ids of pending blocks without a live job */
  async #read(
    after: string | null,
  ): Promise<{ ids: string[]; lastId: string | null; isLast: boolean; tookMs: number }> {
    const { database, queue, blocks } = this.#options;
    return await retryForLeader(this.#options, this.#stopping.signal, async () => {
      const started = performance.now();
      const page = await blocks.slice({ after, limit: PAGE }, ['pending']);
      const open = await queue.withoutLiveJob(page.map(({ id }) => id));
      const ids = await blocks.pending(database, open); // a worker may have finished some since
      const tookMs = performance.now() - started;
      return { ids, lastId: page.at(-1)?.id ?? null, isLast: page.length < PAGE, tookMs };
    });
  }

  /** @returns false where the queue takes no more edits */
  async #enqueue(ids: readonly string[]): Promise<boolean> {
    const { edits } = this.#options;
    const { signal } = this.#stopping;
    for (let i = 0; i < ids.length && !signal.aborted; i += EDITS_PER_INSERT) {
      const batch = ids.slice(i, i + EDITS_PER_INSERT);
      if (!(await retryForLeader(this.#options, signal, () => edits.hasCapacityFor(batch.length)))) return false;
      await retryForLeader(this.#options, signal, () => edits.enqueue(batch, 0));
    }
    return true;
  }
}
