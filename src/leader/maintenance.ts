import type { LeaderParts } from './leader-parts.js';
import { LogLimit } from '../telemetry/log-limit.js';
import { sleep } from '../base/sleep.js';
import { resetRetrying } from '../backlog/sql/reset-retrying.js';

const INTERVAL_MS = 5_000;
const LOG_INTERVAL_MS = 60_000;

/**
 * What the leader does every few seconds: it wakes workers for jobs that have become ready, and resets blocks whose worker
 * crashed. It uses the pool, not the session of the lease: a locked table must not cost the lease.
 */
export class Maintenance {
  readonly #options: LeaderParts;
  readonly #stopping = new AbortController();
  readonly #wakeLog = new LogLimit(LOG_INTERVAL_MS);
  readonly #resetLog = new LogLimit(LOG_INTERVAL_MS);
  #running: Promise<void> = Promise.resolve();

  constructor(options: LeaderParts) {
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
        this.#wakeLog.run(() => {
          log.warn('could not look for ready jobs; retrying', { error });
        });
      });
      if (!signal.aborted) await this.#resetRetrying();
      await sleep(INTERVAL_MS, signal);
    }
  }

  /** Wakes workers for retries that have become ready, and for jobs from before an outage. */
  async #wakeForReady(): Promise<void> {
    const { queue, waker } = this.#options;
    const priority = await queue.nextReadyPriority();
    if (priority !== undefined) waker.wakeAll(priority);
  }

  async #resetRetrying(): Promise<void> {
    const { database, queue, blocks, hold, log } = this.#options;
    if (hold.isHeld) return;
    try {
      await resetRetrying(database, queue.names, blocks.table);
    } catch (error) {
      if (await hold.explains(error)) return;
      this.#resetLog.run(() => {
        log.warn('could not reset blocks of crashed workers; retrying', { error });
      });
    }
  }
}
