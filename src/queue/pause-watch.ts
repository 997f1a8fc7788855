import type { Queryable } from '../postgres/database.js';
import { retryTransient } from '../postgres/retry.js';
import { abortable } from '../base/abortable.js';
import { sleep } from '../base/sleep.js';
import { LogLimit } from '../telemetry/log-limit.js';
import type { Logger } from '../telemetry/logger.js';
import { isSamePause, type PausablePart, type Pause } from './pause.js';
import { readPause } from './pauses.js';
import type { QueueNames } from './queue-names.js';

/** Every process notices a pause, and its end, within this time and the duration of a query. */
const POLL_MS = 2_000;
const LOG_INTERVAL_MS = 60_000;

export interface PauseWatchOptions {
  readonly database: Queryable;
  readonly names: QueueNames;
  /** Called with what is paused, when that changes; also by `start` if work is paused then. */
  readonly onChange?: (parts: readonly PausablePart[]) => void;
  readonly log: Logger;
}

/**
 * Follows the record of the pause, and logs its changes. It polls, because a notification alone can be lost: an index
 * lookup every two seconds. While the database does not answer, the last answer counts.
 */
export class PauseWatch {
  readonly #options: PauseWatchOptions;
  readonly #stopping = new AbortController();
  readonly #failureLog = new LogLimit(LOG_INTERVAL_MS);
  #current: Pause | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: PauseWatchOptions) {
    this.#options = options;
  }

  /** The pause that was in force at the last answer; null if there was none. */
  get current(): Pause | null {
    return this.#current;
  }

  /** Resolves once it knows whether work is paused. @throws the database's error if it cannot find out */
  async start(): Promise<void> {
    await retryTransient(() => this.#read(), { signal: this.#stopping.signal });
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await sleep(POLL_MS, signal);
      if (signal.aborted) return;
      // Not awaited any longer once it is stopped: the database may not answer.
      await abortable(this.#read(), signal).catch((error: unknown) => {
        if (signal.aborted) return;
        this.#failureLog.run(() => {
          this.#options.log.warn('could not read whether work is paused by request; retrying', { error });
        });
      });
    }
  }

  async #read(): Promise<void> {
    const { database, names, onChange, log } = this.#options;
    const pause = await readPause(database, names);
    if (this.#stopping.signal.aborted || isSamePause(pause, this.#current)) return;
    this.#current = pause;
    if (pause === null) log.info('the pause is over; work continues');
    else log.warn('work is paused by request; to end the pause: embedding-worker resume', { ...pause });
    onChange?.(pause?.parts ?? []);
  }
}
