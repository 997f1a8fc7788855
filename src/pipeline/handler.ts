import { Semaphore } from 'async-mutex';
import type { JobResult } from 'pg-boss';
import { acquire } from '../acquire.js';
import type { Embedder } from '../embedder/embedder.js';
import { DrainingError } from '../embedder/errors.js';
import { WorkerError } from '../errors.js';
import type { Events } from '../events.js';
import type { Logger } from '../logger.js';
import { DEATHS_IN_COMPANY } from '../queue/boss.js';
import { deathsOf, newDeathsOf, type EmbedJob } from '../queue/job.js';
import type { Waker } from '../queue/waker.js';
import { TimeLimit } from '../time-limit.js';
import { settleVerdicts } from './batch.js';
import { reasonOf } from './embed.js';
import { groupedClaims, groupedSettlements } from './groups.js';
import type { Hold } from '../database/hold.js';
import { Delays, leaveBlocks, runIsolating } from './isolate.js';
import { Outcomes, type Verdict } from './outcome.js';
import type { Pipeline } from './pipeline.js';
import { isOurJob } from './read-jobs.js';
import type { SettleContext } from './settle.js';
import type { TextBudget } from './text-budget.js';

/** How long jobs may take to be handed back once their requests were cancelled. */
const HAND_BACK_MS = 3_000;

const heldTooLong = () => new WorkerError('HELD_TOO_LONG', 'the jobs were held for half of their expiry');

export interface HandlerOptions {
  readonly context: SettleContext;
  readonly embedder: Embedder;
  readonly budget: TextBudget;
  readonly waker: Waker;
  readonly hold: Hold;
  /** Workers of this process, which all call the handler. */
  readonly workers: number;
  /** A job is not held longer than half of this. */
  readonly expireSeconds: number;
  readonly events: Events;
  readonly log: Logger;
}

/**
 * What a pg-boss worker does with the jobs it fetched. Every job has one outcome by the time it returns, and is taken from
 * the array that pg-boss handed over, so that pg-boss settles exactly those that have none.
 */
export class EmbedHandler {
  readonly #options: HandlerOptions;
  readonly #pipeline: Pipeline;
  readonly #delays = new Delays();
  /** All workers share it. A block that crashed workers takes every slot: it runs alone and can crash nobody else's work. */
  readonly #slots: Semaphore;
  readonly #draining = new AbortController();
  readonly #abort = new AbortController();
  readonly #giveUp = new AbortController();

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#slots = new Semaphore(options.workers);
    this.#pipeline = {
      ...options,
      claims: groupedClaims(options),
      settlements: groupedSettlements(options),
      maxOutageMs: (options.expireSeconds / 2) * 1000,
      draining: this.#draining.signal,
      giveUp: this.#giveUp.signal,
    };
  }

  /** @throws AssertionError where a job has no outcome, and the database's error where it was away for too long */
  readonly handle = async (jobs: EmbedJob[]): Promise<JobResult[]> => {
    const outcomes = new Outcomes();
    const results = jobs.map(({ id }): JobResult => ({ id, status: 'completed' }));
    const limit = new TimeLimit((this.#options.expireSeconds / 2) * 1000, this.#abort.signal, heldTooLong);
    try {
      await this.#work(jobs, outcomes, limit.signal);
    } finally {
      limit.clear();
      // pg-boss would send a statement for each batch that matches nothing: a fifth of all, 4 % of the CPU.
      jobs.splice(0, jobs.length, ...outcomes.unsettled(jobs));
    }
    outcomes.assertComplete(jobs);
    return results;
  };

  /** Requests in flight finish and are stored; all else goes back to `pending`. */
  drain(): void {
    this.#draining.abort(new DrainingError());
    this.#options.embedder.drain();
  }

  /** Cancels requests in flight, too. */
  abort(): void {
    this.drain();
    this.#abort.abort(new DrainingError());
    setTimeout(() => {
      this.#giveUp.abort();
    }, HAND_BACK_MS).unref();
  }

  async #work(jobs: readonly EmbedJob[], outcomes: Outcomes, signal: AbortSignal): Promise<void> {
    const { idType } = this.#options.context.table;
    const ours = jobs.filter((job) => isOurJob(job, idType));
    const unreadable = jobs.filter((job) => !isOurJob(job, idType));
    const verdicts = unreadable.map((job): Verdict => ({ kind: 'close', job, as: 'unreadable' }));
    await settleVerdicts(this.#pipeline, verdicts, outcomes, 'direct', signal);
    this.#reportCrashes(ours);
    const normal = ours.filter((job) => deathsOf(job) < DEATHS_IN_COMPANY);
    if (normal.length > 0) await this.#withSlots(normal, 1, outcomes, signal);
    for (const isolated of ours.filter((job) => deathsOf(job) >= DEATHS_IN_COMPANY)) {
      await this.#withSlots([isolated], this.#options.workers, outcomes, signal);
    }
  }

  /** @param weight how many slots it takes: all of them is to work alone */
  async #withSlots(jobs: readonly EmbedJob[], weight: number, outcomes: Outcomes, signal: AbortSignal): Promise<void> {
    const waiting = AbortSignal.any([signal, this.#draining.signal]);
    let release: (() => void) | undefined;
    try {
      release = await acquire(this.#slots, weight, 0, waiting);
      await runIsolating(this.#pipeline, jobs, outcomes, this.#delays, signal);
    } catch (error) {
      const ended = [signal, this.#draining.signal].find(({ aborted, reason }) => aborted && reason === error);
      if (ended === undefined) throw error;
      await this.#handBack(outcomes.unsettled(jobs), outcomes, signal, ended);
    } finally {
      release?.();
    }
  }

  /** What is open when the time is up or the process ends goes back as it came. */
  async #handBack(
    jobs: readonly EmbedJob[],
    outcomes: Outcomes,
    signal: AbortSignal,
    ended: AbortSignal,
  ): Promise<void> {
    const reason = reasonOf(ended);
    const verdicts = jobs.map((job): Verdict => ({ kind: 'hand-back', job, reason, delaySeconds: 0, claimed: false }));
    try {
      await settleVerdicts(this.#pipeline, verdicts, outcomes, 'direct', signal);
    } catch (error) {
      this.#options.log.debug('blocks cannot be handed back; their jobs are', { error, blocks: jobs.length });
      await leaveBlocks(this.#pipeline, jobs, reason, 0, outcomes);
    }
  }

  #reportCrashes(jobs: readonly EmbedJob[]): void {
    const crashed = jobs.filter((job) => newDeathsOf(job) > 0);
    if (crashed.length === 0) return;
    this.#options.events.emit('death', { count: crashed.length });
    this.#options.log.warn('jobs came back from a worker that died or froze', { count: crashed.length });
  }
}
