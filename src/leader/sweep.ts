import type { LeaderParts } from './leader-parts.js';
import type { BlockRange, Finding, FoundInSlice } from '../blocks/sql/read-slice.js';
import { deleteObsoleteDeadLetters } from '../backlog/obsolete-dead-letters.js';
import { countUnqueued } from '../backlog/sql/count-unqueued.js';
import { resetOrphans } from '../backlog/sql/reset-orphans.js';
import { retryTransient } from '../postgres/retry.js';
import { isEnvironmental, reactionTo } from '../postgres/sqlstate.js';
import type { DeadLetterKey } from '../queue/sql/find-dead-letters.js';
import { PAGE, type Fill } from './fill.js';

/** How long one statement of a sweep is retried while the database fails. */
const RETRY_MS = 10_000;

export interface SweepOptions extends LeaderParts {
  readonly fill: Fill;
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
 * is read once for all of it, in pages; the jobs of the blocks found are looked up by key, and each statement that writes
 * checks again.
 * A step that fails leaves the others alone.
 */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #signal: AbortSignal;
  readonly #failed = new Set<Step>();
  readonly #warned = new Set<Step>();
  readonly #counts: SweepCounts = { enqueued: 0, reset: 0, cleared: 0, left: 0 };

  constructor(options: SweepOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** @throws the database's error when the table cannot be read, or no step can succeed */
  async run(): Promise<SweepCounts> {
    const { database, queue, blocks, fill } = this.#options;
    let findings: readonly Finding[] = ['pending', 'processing', 'stale-vector'];
    let after: string | null = null;
    while (!this.#signal.aborted) {
      const range: BlockRange = { after, limit: PAGE };
      const wanted = findings;
      const page: FoundInSlice[] = await this.#retry(() => blocks.slice(range, wanted));
      const idsOf = (...of: Finding[]) => page.filter(({ finding }) => of.includes(finding)).map(({ id }) => id);
      await this.#repair(idsOf('processing'), idsOf('stale-vector'));
      // Includes the blocks that were just reset. Later pages need not be asked for pending blocks once the queue is full.
      const pending = wanted.includes('pending') ? idsOf('pending', 'processing') : [];
      if (await this.#isFullAfter(pending, after)) findings = ['processing', 'stale-vector'];
      if (page.length < PAGE) break;
      after = page.at(-1)?.id ?? null;
    }
    if (this.#signal.aborted) return this.#counts;
    if (findings.includes('pending') && !this.#failed.has('enqueue')) fill.finish();
    await this.#purgeDeadLetters();
    // Reads the whole table, so only where the queue had no capacity for all of it.
    if (fill.isStopped) this.#counts.left = await countUnqueued(database, queue.names, blocks.table);
    return this.#counts;
  }

  async #repair(processing: readonly string[], stale: readonly string[]): Promise<void> {
    const { database, queue, blocks } = this.#options;
    this.#counts.reset += await this.#step('reset orphans', processing, (ids) =>
      resetOrphans(database, queue.names, blocks.table, ids),
    );
    this.#counts.cleared += await this.#step('clear stale vectors', stale, (ids) =>
      blocks.clearStaleVectors(database, ids),
    );
  }

  async #isFullAfter(pending: readonly string[], after: string | null): Promise<boolean> {
    let isFull = false;
    this.#counts.enqueued += await this.#step('enqueue', pending, async (ids) => {
      const filled = await this.#options.fill.enqueue(ids, after);
      isFull = filled.isFull;
      return filled.inserted;
    });
    return isFull;
  }

  async #purgeDeadLetters(): Promise<void> {
    const { database, queue, blocks } = this.#options;
    let after: string | null = null;
    while (!this.#signal.aborted) {
      const range: BlockRange = { after, limit: PAGE };
      const page: DeadLetterKey[] = await this.#retry(() => queue.deadLetters.find(range));
      await this.#step('delete obsolete dead letters', page, (letters) =>
        deleteObsoleteDeadLetters(database, queue, blocks, letters),
      );
      if (page.length < PAGE) return;
      after = page.at(-1)?.blockId ?? null;
    }
  }

  /**
   * Runs one step on a page. Where one of its rows may be at fault, the others are done without it. A step that fails
   * otherwise ends for this pass.
   */
  async #step<T>(step: Step, items: readonly T[], work: (items: readonly T[]) => Promise<number>): Promise<number> {
    if (items.length === 0 || this.#failed.has(step)) return 0;
    try {
      return await this.#retry(() => work(items));
    } catch (error) {
      if (this.#signal.aborted) return 0;
      if (await this.#options.hold.explainsForAll(error)) throw error; // no other step would fare better
      if (isEnvironmental(error) || reactionTo(error) !== 'split') this.#failed.add(step);
      else if (items.length > 1) {
        const middle = Math.ceil(items.length / 2);
        const first = await this.#step(step, items.slice(0, middle), work);
        return first + (await this.#step(step, items.slice(middle), work));
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
