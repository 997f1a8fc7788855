import { Semaphore } from 'async-mutex';
import type { JobResult } from 'pg-boss';
import { acquire } from '../base/acquire.js';
import type { Embedder } from '../embedder/embedder.js';
import { DrainingError } from '../embedder/errors.js';
import { WorkerError } from '../base/errors.js';
import type { Events } from '../telemetry/events.js';
import type { Logger } from '../telemetry/logger.js';
import { CRASHES_BEFORE_ISOLATION } from '../queue/job.js';
import { crashesOf, uncountedCrashes, type EmbedJob } from '../queue/job.js';
import type { Waker } from '../queue/waker.js';
import { Timeout } from '../base/timeout.js';
import { settleVerdicts } from './batch.js';
import { reasonOf } from './embed.js';
import { groupedClaims, groupedSettlements } from './groups.js';
import type { Hold } from '../postgres/hold.js';
import { Delays, leaveBlocks, runIsolating } from './isolate.js';
import { Outcomes, type Verdict } from './outcome.js';
import { OutageClock } from './outage-clock.js';
import type { Pipeline } from './pipeline.js';
import { isOurJob } from './read-jobs.js';
import type { SettleContext } from './settle.js';
import { runSlow } from './slow.js';
import type { TextBudget } from './text-budget.js';

/** How long jobs may take to be handed back once their requests were cancelled. */
const HAND_BACK_MS = 3_000;

/** Of a job's expiry: how long it is held, so that an outage may last for ever; and how long one that is slow by itself. */
const SHARE = 0.5;
const SLOW_SHARE = 0.9;

const heldTooLong = () => new WorkerError('HELD_TOO_LONG', 'the jobs were held for as long as they may be');

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
      outages: new OutageClock(options.events),
      claims: groupedClaims(options),
      settlements: groupedSettlements(options),
      expireMs: options.expireSeconds * 1000,
      maxOutageMs: options.expireSeconds * 1000 * SHARE,
      draining: this.#draining.signal,
      giveUp: this.#giveUp.signal,
    };
  }

  /** @throws AssertionError where a job has no outcome, and the database's error where it was away for too long */
  readonly handle = async (jobs: EmbedJob[]): Promise<JobResult[]> => {
    const outcomes = new Outcomes();
    const results = jobs.map(({ id }): JobResult => ({ id, status: 'completed' }));
    const { expireMs } = this.#pipeline;
    const limit = new Timeout(expireMs * SHARE, this.#abort.signal, heldTooLong);
    const slowLimit = new Timeout(expireMs * SLOW_SHARE, this.#abort.signal, heldTooLong);
    try {
      await this.#work(jobs, outcomes, limit.signal, slowLimit.signal);
    } finally {
      limit.clear();
      slowLimit.clear();
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

  async #work(
    jobs: readonly EmbedJob[],
    outcomes: Outcomes,
    signal: AbortSignal,
    slowSignal: AbortSignal,
  ): Promise<void> {
    const { idType } = this.#options.context.blocks.table;
    const ours = jobs.filter((job) => isOurJob(job, idType));
    const unreadable = jobs.filter((job) => !isOurJob(job, idType));
    const verdicts = unreadable.map((job): Verdict => ({ kind: 'close', job, as: 'unreadable' }));
    await allEnded([
      settleVerdicts(this.#pipeline, verdicts, outcomes, 'direct', signal),
      this.#workOff(ours, outcomes, signal, slowSignal),
    ]);
  }

  async #workOff(
    ours: readonly EmbedJob[],
    outcomes: Outcomes,
    signal: AbortSignal,
    slowSignal: AbortSignal,
  ): Promise<void> {
    this.#reportCrashes(ours);
    const together = ours.filter((job) => crashesOf(job) < CRASHES_BEFORE_ISOLATION);
    const isolated = ours.filter((job) => crashesOf(job) >= CRASHES_BEFORE_ISOLATION);
    if (together.length > 0) {
      await this.#withSlots(together, 1, outcomes, signal, () =>
        this.#runTogether(together, outcomes, signal, slowSignal),
      );
    }
    for (const job of isolated) {
      await this.#withSlots([job], this.#options.workers, outcomes, signal, () =>
        this.#runUntil([job], outcomes, signal),
      );
    }
  }

  /** @param weight how many slots it takes: all of them is to work alone */
  async #withSlots(
    jobs: readonly EmbedJob[],
    weight: number,
    outcomes: Outcomes,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    const waiting = AbortSignal.any([signal, this.#draining.signal]);
    let release: () => void;
    try {
      release = await acquire(this.#slots, weight, 0, waiting);
    } catch (error) {
      if (!waiting.aborted) throw error;
      return await this.#handBack(jobs, outcomes, waiting);
    }
    try {
      await work();
    } finally {
      release();
    }
  }

  /** Blocks that are known to take long do so beside the others. */
  async #runTogether(
    jobs: readonly EmbedJob[],
    outcomes: Outcomes,
    signal: AbortSignal,
    slowSignal: AbortSignal,
  ): Promise<void> {
    const normal = jobs.filter(({ data }) => data.slow === undefined);
    const slow = jobs.filter(({ data }) => data.slow !== undefined);
    await allEnded([
      this.#runUntil(normal, outcomes, signal),
      ...slow.map((job) => this.#runSlowUntil(job, outcomes, slowSignal)),
    ]);
  }

  async #runUntil(jobs: readonly EmbedJob[], outcomes: Outcomes, signal: AbortSignal): Promise<void> {
    if (jobs.length === 0) return;
    const work = runIsolating(this.#pipeline, jobs, outcomes, this.#delays, signal);
    await this.#finish(work, jobs, outcomes, signal);
  }

  async #runSlowUntil(job: EmbedJob, outcomes: Outcomes, signal: AbortSignal): Promise<void> {
    const work = runSlow(this.#pipeline, job, outcomes, { signal, expireMs: this.#pipeline.expireMs });
    await this.#finish(work, [job], outcomes, signal);
  }

  /** What is open when the time is up or the process ends goes back as it came. */
  async #finish(
    work: Promise<void>,
    jobs: readonly EmbedJob[],
    outcomes: Outcomes,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await work;
    } catch (error) {
      const ended = [signal, this.#draining.signal].find(({ aborted, reason }) => aborted && reason === error);
      if (ended === undefined) throw error;
      await this.#handBack(outcomes.unsettled(jobs), outcomes, ended);
    }
  }

  async #handBack(jobs: readonly EmbedJob[], outcomes: Outcomes, ended: AbortSignal): Promise<void> {
    const reason = reasonOf(ended);
    const verdicts = jobs.map((job): Verdict => ({ kind: 'hand-back', job, reason, delaySeconds: 0, claimed: false }));
    try {
      await settleVerdicts(this.#pipeline, verdicts, outcomes, 'direct', ended);
    } catch (error) {
      this.#options.log.debug('blocks cannot be written; handing back their jobs alone', {
        error,
        blocks: jobs.length,
      });
      await leaveBlocks(this.#pipeline, outcomes.unsettled(jobs), reason, 0, outcomes);
    }
  }

  #reportCrashes(jobs: readonly EmbedJob[]): void {
    const crashed = jobs.filter((job) => uncountedCrashes(job) > 0);
    if (crashed.length === 0) return;
    this.#options.events.emit('crash', { count: crashed.length });
    this.#options.log.warn('jobs returned from a worker that crashed or froze', { count: crashed.length });
  }
}

/** @throws the first failure, once nothing runs */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(work);
  for (const result of ended) if (result.status === 'rejected') throw result.reason;
}
