import type { LeaderParts } from './leader-parts.js';
import type { Condition } from '../blocks/condition.js';
import type { FoundPart } from '../blocks/find-blocks.js';
import { deleteObsoleteDeadLetters } from '../backlog/obsolete-dead-letters.js';
import { resetOrphans } from '../backlog/sql/reset-orphans.js';
import { retryTransient } from '../postgres/retry.js';
import { isEnvironmental, reactionTo } from '../postgres/sqlstate.js';
import type { DeadLetterKey } from '../queue/sql/find-dead-letters.js';
import { BATCH, type Fill } from './fill.js';
import { pauseAfter, type Pace } from './pace.js';

/** How long one statement of a sweep is retried while the database fails. */
const RETRY_MS = 10_000;
/** What a sweep looks for. Blocks in `error` need nothing. */
export const SWEPT: readonly Condition[] = ['pending', 'unset', 'processing', 'stale-vector'];

export interface SweepOptions extends LeaderParts {
  readonly fill: Fill;
  readonly pace: Pace;
  /** Whether blocks probably wait that nothing else finds: it reads faster, and the newest rows first. */
  readonly isUrgent: boolean;
  readonly throughIndex: boolean;
  /** Called after each part, with the share of the pass that is done, from 0 to 1. */
  readonly onProgress: (share: number) => void;
  /** Pauses, and fills the queue meanwhile if there is capacity. */
  readonly pause: (ms: number) => Promise<void>;
}

/** What a sweep did, in blocks. */
export interface SweepCounts {
  enqueued: number;
  /** `processing` blocks without an active job that were set `pending`. */
  reset: number;
  /** Skipped blocks that lost their vector. */
  cleared: number;
  /** Pending blocks that the queue had no capacity for. */
  left: number;
}

type Step = 'reset orphans' | 'clear stale vectors' | 'enqueue' | 'delete obsolete dead letters';

/**
 * One pass over the table: repairs what crashed workers left, and enqueues pending blocks that nobody announced. The table
 * is read once for all of it, in slices, or through an index; the jobs of the blocks found are looked up by key, and each
 * statement that writes checks again. It pauses after each slice in which there was nothing to do.
 *
 * A full queue does not end the pass. A step that fails leaves the others alone.
 */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #signal: AbortSignal;
  readonly #failed = new Set<Step>();
  readonly #warned = new Set<Step>();
  readonly #counts: SweepCounts = { enqueued: 0, reset: 0, cleared: 0, left: 0 };
  #busyMs = 0;

  constructor(options: SweepOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** How long it read and wrote: its duration without the pauses. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /**
   * @returns undefined if it was aborted
   * @throws the database's error when the table cannot be read, or no step can succeed
   */
  async run(): Promise<SweepCounts | undefined> {
    const { blocks, fill, pace, isUrgent, throughIndex, onProgress, pause } = this.#options;
    const parts = blocks.find(SWEPT, {
      throughIndex,
      newestFirst: isUrgent,
      slicePages: pace.slicePages,
      attempt: (transaction) => this.#retry(transaction),
    });
    fill.beginPass();
    let isBegun = false;
    for await (const part of parts) {
      if (this.#signal.aborted) return undefined;
      if (part.isFirst && isBegun) fill.restartPass();
      isBegun = true;
      const started = performance.now();
      const hasChanged = await this.#handle(part);
      const tookMs = part.tookMs + performance.now() - started;
      this.#busyMs += tookMs;
      onProgress(part.share);
      if (!hasChanged && part.share < 1) await pause(pauseAfter(pace, { pages: part.pages, tookMs }, isUrgent));
      if (this.#signal.aborted) return undefined;
    }
    await this.#purgeDeadLetters();
    if (this.#signal.aborted) return undefined;
    if (!this.#failed.has('enqueue')) fill.finishPass();
    this.#counts.left = fill.left;
    return this.#counts;
  }

  /** @returns whether there was something to do */
  async #handle({ rows, range }: FoundPart): Promise<boolean> {
    const { database, queue, blocks, fill } = this.#options;
    const idsOf = (...of: Condition[]) => rows.filter(({ condition }) => of.includes(condition)).map(({ id }) => id);
    const reset = await this.#step('reset orphans', idsOf('processing'), (ids) =>
      resetOrphans(database, queue.names, blocks.table, ids),
    );
    const cleared = await this.#step('clear stale vectors', idsOf('stale-vector'), (ids) =>
      blocks.clearStaleVectors(database, ids),
    );
    // Includes the blocks that were just reset.
    const enqueued = await this.#step('enqueue', idsOf('pending', 'unset', 'processing'), async (ids) => {
      return (await fill.take(ids, range)).enqueued;
    });
    this.#counts.reset += reset;
    this.#counts.cleared += cleared;
    this.#counts.enqueued += enqueued;
    return reset + cleared + enqueued > 0;
  }

  async #purgeDeadLetters(): Promise<void> {
    const { database, queue, blocks } = this.#options;
    let after: string | null = null;
    while (!this.#signal.aborted) {
      const range = { after, limit: BATCH };
      const page: DeadLetterKey[] = await this.#retry(() => queue.deadLetters.find(range));
      await this.#step('delete obsolete dead letters', page, (letters) =>
        deleteObsoleteDeadLetters(database, queue, blocks, letters),
      );
      if (page.length < BATCH) return;
      after = page.at(-1)?.blockId ?? null;
    }
  }

  /** Runs one step, on a batch at a time. @returns what its runs returned, added up */
  async #step<T>(step: Step, items: readonly T[], work: (items: readonly T[]) => Promise<number>): Promise<number> {
    let sum = 0;
    for (let i = 0; i < items.length; i += BATCH) sum += await this.#stepOn(step, items.slice(i, i + BATCH), work);
    return sum;
  }

  /**
   * Where one of the rows may be at fault, the others are done without it. A step that fails otherwise ends for this pass.
   */
  async #stepOn<T>(step: Step, items: readonly T[], work: (items: readonly T[]) => Promise<number>): Promise<number> {
    if (this.#failed.has(step) || this.#signal.aborted) return 0;
    try {
      return await this.#retry(() => work(items));
    } catch (error) {
      if (this.#signal.aborted) return 0;
      if (await this.#options.hold.explainsForAll(error)) throw error; // no other step would fare better
      if (isEnvironmental(error) || reactionTo(error) !== 'split') this.#failed.add(step);
      else if (items.length > 1) {
        const middle = Math.ceil(items.length / 2);
        const first = await this.#stepOn(step, items.slice(0, middle), work);
        return first + (await this.#stepOn(step, items.slice(middle), work));
      }
      if (!this.#warned.has(step)) {
        this.#options.log.warn('a step of the sweep failed; the next sweep repeats it', { step, error });
      }
      this.#warned.add(step);
      return 0;
    }
  }

  async #retry<T>(work: () => Promise<T>): Promise<T> {
    return await retryTransient(work, { signal: this.#signal, maxWaitMs: RETRY_MS, isRetryable: isNobodysFault });
  }
}

const isNobodysFault = (error: Error) => reactionTo(error) === 'retry';
