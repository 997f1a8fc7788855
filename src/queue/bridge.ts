import type { PgBoss } from 'pg-boss';
import { findChanged } from '../blocks/find-changed.js';
import type { BlocksTable } from '../blocks/table.js';
import type { Database, Notification } from '../database/database.js';
import { retryTransient } from '../database/retry.js';
import type { Events } from '../events.js';
import type { Logger } from '../logger.js';
import { enqueueLive } from './enqueue.js';
import { PRIORITY } from './job.js';
import { readNotification } from './notification.js';
import type { Waker } from './waker.js';

/** More notifications in one second are left to the sweep: an import of a million rows costs no memory here. */
const MAX_PER_SECOND = 1_000;
/** How often the same complaint is logged. */
const COMPLAIN_EVERY_MS = 60_000;

export interface BridgeOptions {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly schema: string;
  readonly table: BlocksTable;
  readonly waker: Waker;
  /** Asks for a sweep soon: there is more than was notified one by one. */
  readonly requestSweep: () => void;
  readonly events: Events;
  readonly log: Logger;
}

/**
 * Turns notifications into jobs. The first goes at once; what arrives while an insert is under way is gathered and
 * goes as one batch after it, so that a lone edit waits for nothing and a thousand cost a few statements.
 *
 * Losing a notification loses no edit: the block is `pending`, and the sweep finds it.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #stopping = new AbortController();
  #gathered = new Set<string>();
  #flushing: Promise<void> | undefined;
  #second = 0;
  #inThisSecond = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** Takes one notification. */
  readonly receive = ({ payload, processId }: Notification): void => {
    const { database, table, events, requestSweep, log } = this.#options;
    if (database.ownsBackend(processId)) {
      // Ours never notify. That one did means that the API's trigger fires on our own write.
      events.emit('loop', { processId });
      this.#complain(() => {
        log.error('a write of our own fired the trigger on the blocks table: restrict it to the columns of the text', {
          processId,
        });
      });
      return;
    }
    const request = readNotification(payload, table.idType);
    if (request.kind === 'unknown') {
      this.#complain(() => {
        log.warn('a notification holds no block id; ignored', { payloadBytes: Buffer.byteLength(payload) });
      });
      return;
    }
    if (request.kind === 'sweep' || this.#tooMany()) {
      requestSweep();
      return;
    }
    for (const id of request.ids) this.#gathered.add(id);
    this.#flushing ??= this.#flushAll();
  };

  /** Resolves when all that was gathered is enqueued; what comes later is left to the next leader's sweep. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#flushing;
  }

  async #flushAll(): Promise<void> {
    while (this.#gathered.size > 0 && !this.#stopping.signal.aborted) {
      const ids = [...this.#gathered];
      this.#gathered = new Set();
      try {
        await retryTransient(() => this.#flush(ids), { signal: this.#stopping.signal });
      } catch (error) {
        if (this.#stopping.signal.aborted) break;
        this.#options.log.warn('could not enqueue notified blocks; the sweep will', { error, blocks: ids.length });
        this.#options.requestSweep();
      }
    }
    this.#flushing = undefined;
  }

  async #flush(ids: readonly string[]): Promise<void> {
    const { database, boss, schema, table, waker, events } = this.#options;
    const changed = await findChanged(database, table, ids);
    if (changed.length === 0) return;
    const { inserted, raised } = await enqueueLive(boss, database, schema, changed, new Date());
    if (inserted + raised > 0) waker.wakeAll(inserted + raised, PRIORITY.live);
    events.emit('bridged', { notified: ids.length, enqueued: inserted, raised });
  }

  #tooMany(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inThisSecond = 0;
    }
    this.#inThisSecond += 1;
    return this.#inThisSecond > MAX_PER_SECOND;
  }

  #complain(say: () => void): void {
    if (performance.now() - this.#complainedAt < COMPLAIN_EVERY_MS) return;
    this.#complainedAt = performance.now();
    say();
  }
}
