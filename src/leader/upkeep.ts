import type { Blocks } from '../blocks/blocks.js';
import type { Database } from '../postgres/database.js';
import { LogLimit } from '../telemetry/log-limit.js';
import type { Hold } from '../postgres/hold.js';
import type { Logger } from '../telemetry/logger.js';
import { sleep } from '../base/sleep.js';
import { resetRetrying } from '../backlog/sql/reset-retrying.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import type { Waker } from '../queue/waker.js';

const EVERY_MS = 5_000;
const COMPLAIN_EVERY_MS = 60_000;

export interface UpkeepOptions {
  readonly database: Database;
  readonly queue: EmbedQueue;
  readonly blocks: Blocks;
  readonly waker: Waker;
  readonly hold: Hold;
  /** Jobs that all workers of this process take at once. */
  readonly everyWorker: number;
  readonly log: Logger;
}

/**
 * What the leader looks after every few seconds: jobs that have become due, and blocks that a dead worker left. On the
 * pool, and not on the session that holds the lock: a locked table must not end the leadership.
 */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #stopping = new AbortController();
  readonly #wakeComplaint = new LogLimit(COMPLAIN_EVERY_MS);
  readonly #resetComplaint = new LogLimit(COMPLAIN_EVERY_MS);
  #running: Promise<void> = Promise.resolve();

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { hold, log } = this.#options;
    while (!signal.aborted) {
      await this.#wakeForReady().catch(async (error: unknown) => {
        if (await hold.explains(error)) return;
        this.#wakeComplaint.run(() => {
          log.warn('could not look for ready jobs; retrying', { error });
        });
      });
      if (!signal.aborted) await this.#resetRetrying();
      await sleep(EVERY_MS, signal);
    }
  }

  /** A retry that has become due, or what waits since before an outage, finds a worker that takes it. */
  async #wakeForReady(): Promise<void> {
    const { queue, waker, everyWorker } = this.#options;
    const priority = await queue.nextReadyPriority();
    if (priority !== undefined) waker.wakeEverywhere(everyWorker, priority);
  }

  async #resetRetrying(): Promise<void> {
    const { database, queue, blocks, hold, log } = this.#options;
    if (hold.isHeld) return;
    try {
      await resetRetrying(database, queue.names, blocks.table);
    } catch (error) {
      if (await hold.explains(error)) return;
      this.#resetComplaint.run(() => {
        log.warn('could not reset blocks of crashed workers; retrying', { error });
      });
    }
  }
}
