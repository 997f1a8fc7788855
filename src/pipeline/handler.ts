import type { JobResult } from 'pg-boss';
import { allSettled } from '../base/all-settled.js';
import { WorkerError } from '../base/errors.js';
import { Timeout } from '../base/timeout.js';
import { DrainingError } from '../embedder/errors.js';
import { CRASHES_BEFORE_ISOLATION, crashesOf, uncountedCrashes, type EmbedJob } from '../queue/job.js';
import { settleVerdicts } from './batch.js';
import { groupedClaims, groupedSettlements } from './groups.js';
import { handBack } from './hand-back.js';
import { runIsolating } from './isolate.js';
import { OutageClock } from './outage-clock.js';
import { Outcomes, type Verdict } from './outcome.js';
import type { Pipeline } from './pipeline.js';
import { isOurJob } from './is-our-job.js';
import { Slots } from './slots.js';
import { runSlow } from './slow.js';
import { TimeoutStreak } from './timeout-streak.js';

/** How long jobs may take to be handed back after their requests were cancelled. */
const HAND_BACK_MS = 3_000;

/** Share of its expiry for which a job is held before it is handed back, so an outage may last for ever. */
const HOLD_SHARE = 0.5;
const SLOW_HOLD_SHARE = 0.9;

type SharedParts = 'database' | 'queue' | 'blocks' | 'embedder' | 'budget' | 'waker' | 'hold' | 'events' | 'log';

export interface HandlerOptions extends Pick<Pipeline, SharedParts | 'retryLimit'> {
  /** Workers of this process, which all call the handler. */
  readonly workers: number;
  /** When pg-boss expires a job. */
  readonly expireSeconds: number;
}

/** What the jobs of one fetch share. */
interface Fetch {
  readonly outcomes: Outcomes;
  /** Aborted when the jobs must be handed back, because they were held too long or requests are cancelled. */
  readonly signal: AbortSignal;
  /** The same for jobs that are known to be slow. */
  readonly slowSignal: AbortSignal;
}

/**
 * Processes the jobs that a pg-boss worker fetched. When it returns, every job has one outcome and is removed from the
 * array that pg-boss passed in, so pg-boss settles exactly the jobs that have none.
 */
export class EmbedHandler {
  readonly #options: HandlerOptions;
  readonly #pipeline: Pipeline;
  /** All workers share them. A block that crashed workers takes every slot: it runs alone and can crash no other work. */
  readonly #slots: Slots;
  readonly #draining = new AbortController();
  readonly #abort = new AbortController();
  readonly #giveUp = new AbortController();

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#slots = new Slots(options.workers);
    const expireMs = options.expireSeconds * 1000;
    this.#pipeline = {
      ...options,
      claims: groupedClaims(options),
      settlements: groupedSettlements(options),
      outages: new OutageClock(options.events),
      timeouts: new TimeoutStreak(),
      expireMs,
      maxOutageMs: expireMs * HOLD_SHARE,
      draining: this.#draining.signal,
      giveUp: this.#giveUp.signal,
    };
  }

  /** @throws AssertionError if a job has no outcome, and the database's error if it was away for too long */
  readonly handle = async (jobs: EmbedJob[]): Promise<JobResult[]> => {
    const outcomes = new Outcomes();
    const results = jobs.map(({ id }): JobResult => ({ id, status: 'completed' }));
    const { expireMs } = this.#pipeline;
    const limit = new Timeout(expireMs * HOLD_SHARE, this.#abort.signal, heldTooLong);
    const slowLimit = new Timeout(expireMs * SLOW_HOLD_SHARE, this.#abort.signal, heldTooLong);
    try {
      await this.#process(jobs, { outcomes, signal: limit.signal, slowSignal: slowLimit.signal });
    } finally {
      limit.clear();
      slowLimit.clear();
      // pg-boss would send a statement for each batch that matches nothing: a fifth of all, 4 % of the CPU.
      jobs.splice(0, jobs.length, ...outcomes.unsettled(jobs));
    }
    outcomes.assertComplete(jobs);
    return results;
  };

  /** Lets requests in flight finish and stores their vectors; all other jobs are handed back. */
  drain(): void {
    this.#draining.abort(new DrainingError());
    this.#options.embedder.drain();
  }

  /** Drains, and cancels requests in flight too. */
  abort(): void {
    this.drain();
    this.#abort.abort(new DrainingError());
    setTimeout(() => {
      this.#giveUp.abort();
    }, HAND_BACK_MS).unref();
  }

  async #process(jobs: readonly EmbedJob[], fetch: Fetch): Promise<void> {
    const { idType } = this.#options.blocks.table;
    const [ours, unreadable] = partition(jobs, (job) => isOurJob(job, idType));
    const verdicts = unreadable.map((job): Verdict => ({ kind: 'close', job, as: 'unreadable' }));
    await allSettled([
      settleVerdicts(this.#pipeline, verdicts, fetch.outcomes, 'direct', fetch.signal),
      this.#runInSlots(ours, fetch),
    ]);
  }

  /** Jobs that crashed workers run alone, after the others. */
  async #runInSlots(jobs: readonly EmbedJob[], fetch: Fetch): Promise<void> {
    this.#reportCrashes(jobs);
    const [together, isolated] = partition(jobs, (job) => crashesOf(job) < CRASHES_BEFORE_ISOLATION);
    if (together.length > 0) await this.#withSlots(together, 1, fetch, () => this.#runTogether(together, fetch));
    for (const job of isolated) await this.#withSlots([job], 'all', fetch, () => this.#run([job], fetch));
  }

  async #withSlots(
    jobs: readonly EmbedJob[],
    wanted: 1 | 'all',
    { outcomes, signal }: Fetch,
    work: () => Promise<void>,
  ): Promise<void> {
    const ended = AbortSignal.any([signal, this.#draining.signal]);
    const release = await this.#slots.acquire(wanted, ended);
    if (release === undefined) return await handBack(this.#pipeline, jobs, outcomes, ended);
    try {
      await work();
    } finally {
      release();
    }
  }

  /** Slow blocks run in parallel with the batch. */
  async #runTogether(jobs: readonly EmbedJob[], fetch: Fetch): Promise<void> {
    const [normal, slow] = partition(jobs, ({ data }) => data.slow === undefined);
    await allSettled([this.#run(normal, fetch), ...slow.map((job) => this.#runSlow(job, fetch))]);
  }

  async #run(jobs: readonly EmbedJob[], { outcomes, signal }: Fetch): Promise<void> {
    if (jobs.length === 0) return;
    await this.#orHandBack(runIsolating(this.#pipeline, jobs, outcomes, signal), jobs, outcomes, signal);
  }

  async #runSlow(job: EmbedJob, { outcomes, slowSignal: signal }: Fetch): Promise<void> {
    const deadline = { signal, expireMs: this.#pipeline.expireMs };
    await this.#orHandBack(runSlow(this.#pipeline, job, outcomes, deadline), [job], outcomes, signal);
  }

  /** Hands back the jobs that are unsettled when the work is ended by the signal or by the shutdown. */
  async #orHandBack(
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
      await handBack(this.#pipeline, outcomes.unsettled(jobs), outcomes, ended);
    }
  }

  #reportCrashes(jobs: readonly EmbedJob[]): void {
    const crashed = jobs.filter((job) => uncountedCrashes(job) > 0);
    if (crashed.length === 0) return;
    this.#options.events.emit('crash', { count: crashed.length });
    this.#options.log.warn('jobs returned from a worker that crashed or froze', { count: crashed.length });
  }
}

function heldTooLong(): WorkerError {
  return new WorkerError('HELD_TOO_LONG', 'the jobs were held for as long as they may be');
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
