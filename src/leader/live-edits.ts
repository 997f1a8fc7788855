import type { LeaderParts } from './leader-parts.js';
import { MAX_WAITING_EDITS } from '../queue/capacity.js';
import { PRIORITY } from '../queue/job.js';

/** Blocks per transaction: 50,000 took 5.2 s in batches of 500, 7.6 s in batches of 250; larger ones gained little. */
export const EDITS_PER_INSERT = 500;

/** Enqueues edited blocks as live jobs, before all backlog, up to a limit. */
export class LiveEdits {
  readonly #options: Pick<LeaderParts, 'queue' | 'waker' | 'events'>;
  /** Upper bound of the waiting live jobs: the last count plus the inserts since. */
  #atMost = MAX_WAITING_EDITS;

  constructor(options: Pick<LeaderParts, 'queue' | 'waker' | 'events'>) {
    this.#options = options;
  }

  /** Whether this many more may be inserted. */
  async hasCapacityFor(count: number): Promise<boolean> {
    if (this.#atMost + count <= MAX_WAITING_EDITS) return true;
    this.#atMost = await this.#options.queue.countWaitingEdits(MAX_WAITING_EDITS);
    return this.#atMost + count <= MAX_WAITING_EDITS;
  }

  /** Whether less than half of the limit waits. */
  async isFloodOver(): Promise<boolean> {
    this.#atMost = await this.#options.queue.countWaitingEdits(MAX_WAITING_EDITS);
    return this.#atMost < MAX_WAITING_EDITS / 2;
  }

  /**
   * Inserts jobs and wakes workers for them.
   *
   * @param blockIds different ones
   * @param notified how many notifications named them
   */
  async enqueue(blockIds: readonly string[], notified: number): Promise<void> {
    if (blockIds.length === 0) return;
    const { queue, waker, events } = this.#options;
    const { inserted, raised } = await queue.insertLive(blockIds, new Date());
    this.#atMost += inserted + raised;
    if (inserted + raised > 0) waker.wakeEverywhere(inserted + raised, PRIORITY.live);
    events.emit('bridged', { notified, enqueued: inserted, raised });
  }
}
