import type { Queryable } from '../postgres/database.js';
import type { Logger } from '../telemetry/logger.js';
import { PRIORITY, type Priority } from './job.js';

/** The channel on which a replica announces jobs that exceed its idle workers. */
export const WAKE_CHANNEL = 'embedding_worker_wake';
/** Minimum interval for each priority: a woken worker keeps fetching while there are jobs. */
const NOTIFY_INTERVAL_MS = 100;

export interface WorkNotifierOptions {
  readonly database: Pick<Queryable, 'query'>;
  /** Sent in the payload, since replicas of other queues listen on the same channel. */
  readonly queue: string;
  readonly log: Logger;
}

/** Notifies all replicas of a queue of new jobs. */
export class WorkNotifier {
  readonly #options: WorkNotifierOptions;
  readonly #notifiedAt = new Map<Priority, number>();
  #sent: Promise<unknown> = Promise.resolve();

  constructor(options: WorkNotifierOptions) {
    this.#options = options;
  }

  /** Resolves when all notifications so far have been sent, or have failed: closing the database earlier would lose them. */
  async settled(): Promise<void> {
    await this.#sent;
  }

  /** Wakes workers of all replicas, at most once per interval. */
  wakeEverywhere(jobs: number, priority: Priority): void {
    const notifiedAt = this.#notifiedAt.get(priority) ?? Number.NEGATIVE_INFINITY;
    if (jobs === 0 || performance.now() - notifiedAt < NOTIFY_INTERVAL_MS) return;
    this.#notifiedAt.set(priority, performance.now());
    const { database, queue, log } = this.#options;
    const payload = `${queue} ${jobs} ${priority}`;
    const sent = database.query('SELECT pg_notify($1, $2)', [WAKE_CHANNEL, payload]).catch((error: unknown) => {
      log.debug('could not notify the other replicas of new jobs; they poll for them', { error });
    });
    this.#sent = Promise.all([this.#sent, sent]);
  }
}

/**
 * Reads the payload that a replica sent.
 *
 * @returns undefined if it is not for this queue
 */
export function readWakeUp(payload: string, queue: string): { jobs: number; priority: Priority } | undefined {
  const [name, count, level] = payload.split(' ');
  const jobs = Number(count);
  if (name !== queue || !Number.isInteger(jobs) || jobs <= 0) return undefined;
  return { jobs, priority: Number(level) === PRIORITY.live ? PRIORITY.live : PRIORITY.backlog };
}
