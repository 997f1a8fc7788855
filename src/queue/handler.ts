import { Semaphore } from 'async-mutex';
import type { JobResult } from 'pg-boss';
import { acquire } from '../acquire.js';
import { isTransient } from '../database/transient-errors.js';
import type { Embedder } from '../embedder/embedder.js';
import { DrainingError } from '../embedder/errors.js';
import { WorkerError } from '../errors.js';
import type { Events } from '../events.js';
import type { Logger } from '../logger.js';
import { TimeLimit } from '../time-limit.js';
import { BatchWork, reasonOf } from './batch-work.js';
import { DEATHS_IN_COMPANY } from './boss.js';
import { deathsOf, newDeathsOf, type EmbedJob } from './job.js';
import type { SettleContext } from './settle-context.js';
import type { TextBudget } from './text-budget.js';
import type { Waker } from './waker.js';

/** How long jobs may take to be handed back once their requests were hung up on. */
const HAND_BACK_MS = 3_000;

const heldTooLong = () => new WorkerError('HELD_TOO_LONG', 'the jobs were held for half of their expiry');

export interface HandlerOptions {
  readonly context: SettleContext;
  readonly embedder: Embedder;
  readonly budget: TextBudget;
  readonly waker: Waker;
  /** Workers of this process, which all call the handler. */
  readonly workers: number;
  /** A job is not held longer than half of this. */
  readonly expireSeconds: number;
  readonly events: Events;
  readonly log: Logger;
}

/**
 * What a pg-boss worker does with the jobs it fetched. Every job is settled by the time it returns, so that nothing is
 * left for pg-boss to settle.
 */
export class EmbedHandler {
  readonly #options: HandlerOptions;
  readonly #batch: BatchWork;
  /** All workers share it; a block that killed workers before takes all of it, so that it can kill no other's work. */
  readonly #company: Semaphore;
  readonly #draining = new AbortController();
  readonly #abort = new AbortController();
  readonly #abandon = new AbortController();

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#company = new Semaphore(options.workers);
    this.#batch = new BatchWork({
      ...options,
      patienceMs: (options.expireSeconds / 2) * 1000,
      abandon: this.#abandon.signal,
    });
  }

  readonly handle = async (jobs: EmbedJob[]): Promise<JobResult[]> => {
    this.#tellDeaths(jobs);
    const limit = new TimeLimit((this.#options.expireSeconds / 2) * 1000, this.#abort.signal, heldTooLong);
    try {
      const innocent = jobs.filter((job) => deathsOf(job) < DEATHS_IN_COMPANY);
      if (innocent.length > 0) await this.#inCompany(innocent, 1, limit.signal);
      for (const suspect of jobs.filter((job) => deathsOf(job) >= DEATHS_IN_COMPANY)) {
        await this.#inCompany([suspect], this.#options.workers, limit.signal);
      }
    } finally {
      limit.clear();
    }
    const results = jobs.map(({ id }): JobResult => ({ id, status: 'completed' }));
    // pg-boss settles what it finds in the array that it handed over, and would send a statement for each batch that
    // matches nothing: a fifth of all, 4 % of the CPU. Where it does not see this, that statement is all that happens.
    jobs.length = 0;
    return results;
  };

  /** Requests in flight finish and are stored; all else goes back to `pending`. */
  drain(): void {
    this.#draining.abort(new DrainingError());
    this.#options.embedder.drain();
  }

  /** Hangs up on requests in flight, too. */
  abort(): void {
    this.drain();
    this.#abort.abort(new DrainingError());
    setTimeout(() => {
      this.#abandon.abort();
    }, HAND_BACK_MS).unref();
  }

  /** @param weight how much of the company it takes: all of it is to work alone */
  async #inCompany(jobs: readonly EmbedJob[], weight: number, signal: AbortSignal): Promise<void> {
    const waiting = AbortSignal.any([signal, this.#draining.signal]);
    let release: () => void;
    try {
      release = await acquire(this.#company, weight, 0, waiting);
    } catch (error) {
      if (!waiting.aborted) throw error;
      return await this.#batch.requeue(jobs, reasonOf(waiting), 0);
    }
    try {
      await this.#halveOnFailure(jobs, signal);
    } finally {
      release();
    }
  }

  /** A batch that fails for a reason which does not pass is halved until the culprit is alone: the rest is not its fault. */
  async #halveOnFailure(jobs: readonly EmbedJob[], signal: AbortSignal): Promise<void> {
    try {
      await this.#batch.work(jobs, signal);
    } catch (error) {
      if (isTransient(error) || this.#abandon.signal.aborted) throw error;
      const open = this.#batch.openOf(jobs);
      if (jobs.length < 2) return await this.#batch.failUnexpectedly(open, error);
      this.#options.log.error('a batch failed unexpectedly; trying its halves', { error, blocks: open.length });
      const middle = Math.ceil(open.length / 2);
      const failures: unknown[] = [];
      for (const half of [open.slice(0, middle), open.slice(middle)]) {
        await this.#halveOnFailure(half, signal).catch((failure: unknown) => failures.push(failure));
      }
      if (failures.length > 0) throw new AggregateError(failures, 'blocks failed unexpectedly', { cause: error });
    }
  }

  #tellDeaths(jobs: readonly EmbedJob[]): void {
    const dead = jobs.filter((job) => newDeathsOf(job) > 0);
    if (dead.length === 0) return;
    this.#options.events.emit('death', { count: dead.length });
    this.#options.log.warn('jobs came back from a worker that died or froze', {
      count: dead.length,
    });
  }
}
