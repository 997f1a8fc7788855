import type { LeaderParts } from './leader-parts.js';
import { sleep } from '../base/sleep.js';
import { LogLimit } from '../telemetry/log-limit.js';

const INTERVAL_MS = 30_000;
const LOG_INTERVAL_MS = 60_000;
/** Jobs per transaction, about 0.1 s. */
const BATCH = 5_000;

export interface RetentionOptions extends LeaderParts {
  /** How many settled jobs may be kept. */
  readonly jobRetentionLimit: number;
  /** Between two looks at their number. Default: INTERVAL_MS. */
  readonly intervalMs?: number;
}

/**
 * Deletes the oldest settled jobs beyond a number, so that the job table stays small however fast blocks are embedded;
 * pg-boss deletes those that are too old. Deletes for half of the time at most.
 */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #stopping = new AbortController();
  readonly #log = new LogLimit(LOG_INTERVAL_MS);
  #running: Promise<void> = Promise.resolve();

  constructor(options: RetentionOptions) {
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
    const { hold, log, intervalMs = INTERVAL_MS } = this.#options;
    while (!signal.aborted) {
      try {
        if (!hold.isHeld) await this.#deleteExcess(signal);
      } catch (error) {
        if (!(await hold.explains(error))) {
          this.#log.run(() => {
            log.warn('could not delete the oldest settled jobs; retrying', { error });
          });
        }
      }
      await sleep(intervalMs, signal);
    }
  }

  async #deleteExcess(signal: AbortSignal): Promise<void> {
    const { queue, jobRetentionLimit, log } = this.#options;
    const until = await queue.settled.beyond(jobRetentionLimit);
    if (until === undefined) return;
    let jobs = 0;
    while (!signal.aborted) {
      const started = performance.now();
      const deleted = await queue.settled.deleteOldest(until, BATCH);
      jobs += deleted;
      if (deleted < BATCH) break;
      await sleep(performance.now() - started, signal);
    }
    log.debug('deleted the oldest settled jobs', { jobs });
  }
}
