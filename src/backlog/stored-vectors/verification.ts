import { sampleStored } from '../../blocks/sample-stored.js';
import { EVERY_BLOCK } from '../../blocks/scope.js';
import { findIds } from '../../blocks/sql/find-ids.js';
import { pagesPart } from '../../blocks/table-part.js';
import { walkTable } from '../../blocks/table-walk.js';
import type { ReadBlock } from '../../blocks/blocks.js';
import { Timeout } from '../../base/timeout.js';
import { TookTooLongError } from '../../embedder/errors.js';
import { retryTransient } from '../../postgres/retry.js';
import { PRIORITY } from '../../queue/job.js';
import type { Logger } from '../../telemetry/logger.js';
import { RateLimit } from '../rate-limit.js';
import { compareStored, type CompareContext } from './compare-stored.js';
import { isDrifted, type Comparison } from './comparison.js';
import type { Requeued } from './requeue-drifted.js';
import { Tally } from './tally.js';

/** Ids kept in memory: at most 2 MB. */
const MAX_IDS = 20_000;
/** The share of a job's expiry for which a worker holds a batch. */
const HOLD_SHARE = 0.5;

export interface VerificationOptions extends CompareContext {
  /** Blocks of each type, chosen at random; null: all blocks. */
  readonly perType: number | null;
  /** Vectors with a cosine similarity below this have drifted. */
  readonly threshold: number;
  /** Blocks per second, 0 for no limit. */
  readonly ratePerSecond: number;
  /** Texts in one request, as a worker's backlog requests have at present. */
  readonly requestTexts: () => number;
  /** After which a worker's job expires, in milliseconds. */
  readonly expireMs: number;
  /** How long the database may be unavailable before the run fails. */
  readonly maxOutageMs: number;
  /** Requeues drifted blocks; null leaves them. */
  readonly requeue: ((blocks: readonly ReadBlock[]) => Promise<Requeued>) | null;
  /** Called with the drifted blocks of each request, and the ids of those that were requeued. */
  readonly onDrifted: (blocks: readonly Comparison[], requeued: ReadonlySet<string>) => void;
  /** Called when all blocks are checked from the start again, because the table was rewritten meanwhile. */
  readonly onRestart: () => void;
  /** Ends the run and its requests. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export interface VerificationProgress {
  /** Blocks that were looked at. */
  readonly done: number;
  /** The share of the run that is done, from 0 to 1; null until it is known. */
  readonly share: number | null;
}

/**
 * Compares stored vectors with what the model returns now, one request after the other, within the rate. All blocks are found
 * in slices of the table. Its results can be read at any time.
 */
export class Verification {
  readonly #options: VerificationOptions;
  readonly #rateLimit: RateLimit;
  #tally: Tally;
  #done = 0;
  #share: number | null = null;
  #left = 0;

  constructor(options: VerificationOptions) {
    this.#options = options;
    this.#rateLimit = new RateLimit(options.ratePerSecond);
    this.#tally = new Tally(options.threshold);
  }

  get tally(): Tally {
    return this.#tally;
  }

  get progress(): VerificationProgress {
    return { done: this.#done, share: this.#share };
  }

  /** Drifted blocks that were neither requeued nor, as it turned out then, edited meanwhile. */
  get left(): number {
    return this.#left;
  }

  /** @throws the database's error after an outage; the embedder's errors and the signal's reason */
  async run(): Promise<void> {
    const { perType } = this.#options;
    if (perType === null) await this.#checkAll();
    else await this.#checkSample(perType);
  }

  async #checkSample(perType: number): Promise<void> {
    const { database, blocks } = this.#options;
    const sample = await this.#attempt(() => sampleStored(database, blocks.table, perType));
    await this.#check(
      sample.map(({ id }) => id),
      (share) => share,
    );
  }

  /** The rows of a slice are read before the slice after it, so the walk is as slow as the checks. */
  async #checkAll(): Promise<void> {
    const { database, blocks } = this.#options;
    const { table } = blocks;
    const wanted = { scope: EVERY_BLOCK, statuses: ['completed'] as const, after: null };
    const slices = walkTable(database, table, {
      read: (tx, pages, limit) => findIds(tx, table, wanted, pagesPart(table, pages), limit),
      maxRows: MAX_IDS,
      attempt: (transaction) => this.#attempt(transaction),
    });
    let before = 0;
    for await (const { rows, share, isFirst } of slices) {
      if (isFirst && this.#done > 0) {
        this.#restart();
        before = 0;
      }
      await this.#check(
        rows.map(({ id }) => id),
        (done) => before + (share - before) * done,
      );
      before = share;
    }
  }

  #restart(): void {
    this.#tally = new Tally(this.#options.threshold);
    this.#left = 0;
    this.#options.onRestart();
  }

  /** @param shareOf the share of the run that is done, by the share of these blocks */
  async #check(ids: readonly string[], shareOf: (done: number) => number): Promise<void> {
    const { signal, requestTexts } = this.#options;
    this.#share = shareOf(0);
    for (let done = 0; done < ids.length;) {
      await this.#rateLimit.wait(signal);
      signal.throwIfAborted();
      const request = ids.slice(done, done + Math.min(requestTexts(), this.#rateLimit.maxBatch));
      this.#rateLimit.spend(request.length); // first: the time that embedding takes counts, too
      await this.#checkRequest(request);
      done += request.length;
      this.#done += request.length;
      this.#share = shareOf(done / ids.length);
    }
    this.#share = shareOf(1);
  }

  async #checkRequest(ids: readonly string[]): Promise<void> {
    const { expireMs, requeue, onDrifted, signal, threshold } = this.#options;
    const limit = new Timeout(expireMs * HOLD_SHARE, signal, () => new TookTooLongError());
    const options = { priority: PRIORITY.backlog, explore: true, expireMs, signal: limit.signal, embedsLong: true };
    try {
      const comparisons = await compareStored(this.#options, ids, {
        ...options,
        attempt: (statement) => this.#attempt(statement),
      });
      const drifted = comparisons.filter((comparison) => isDrifted(comparison, threshold));
      const { requeued, locked } = requeue === null || drifted.length === 0 ? NONE : await requeue(drifted);
      this.#tally.add(comparisons); // if requeueing failed, the result leaves these blocks out
      this.#left += requeue === null ? drifted.length : locked.length;
      onDrifted(drifted, new Set(requeued));
    } finally {
      limit.clear();
    }
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    const { signal, maxOutageMs, log } = this.#options;
    return await retryTransient(work, {
      signal,
      maxWaitMs: maxOutageMs,
      onRetry: (error) => {
        log.warn('database error; retrying', { error });
      },
    });
  }
}

const NONE: Requeued = { requeued: [], locked: [] };
