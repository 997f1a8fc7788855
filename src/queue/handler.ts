import { Semaphore } from 'async-mutex';
import type { JobResult } from 'pg-boss';
import { claimBlocks, type Claim, type ClaimedBlock } from '../blocks/claim.js';
import { clearSkippedVectors } from '../blocks/clear-skipped.js';
import { blockText } from '../blocks/text.js';
import { retryTransient } from '../database/retry.js';
import type { Embedder } from '../embedder/embedder.js';
import { DrainingError } from '../embedder/errors.js';
import type { VectorOrRejection } from '../embedder/vector.js';
import type { Events, Outcome, RequeueReason } from '../events.js';
import type { Logger } from '../logger.js';
import { DEATHS_ALONE, DEATHS_IN_COMPANY } from './boss.js';
import type { FailedBlock } from './fail.js';
import { deathsOf, newDeathsOf, PRIORITY, type EmbedJob } from './job.js';
import type { SettleContext } from './settle-context.js';
import { requeue, settleIdle, settleWorked, type Settlement, type Worked } from './settle.js';
import type { TextBudget } from './text-budget.js';
import type { Waker } from './waker.js';

/** A block whose row someone has locked is looked at again after so long. */
const LOCKED_RETRY_SECONDS = 1;
/** How long jobs may take to be handed back once their requests were hung up on. */
const HAND_BACK_MS = 3_000;

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
 * What a pg-boss worker does with the jobs it fetched:
 *
 *     claim (pending → processing) ─▶ text ─▶ vector ─▶ store and complete, in one transaction
 *       │ nothing to do: complete        │ no text: skipped
 *       │ row locked: requeue            │ its own fault: fail (retry or dead letter)
 *       │ budget spent: next round       │ not its fault: requeue
 *
 * Every job is settled by the time the handler returns; pg-boss's own settling then matches nothing.
 */
export class EmbedHandler {
  readonly #options: HandlerOptions;
  /** All workers share it; a block that killed workers before takes all of it, so that it can kill no other's work. */
  readonly #company: Semaphore;
  readonly #abort = new AbortController();
  readonly #abandon = new AbortController();
  #draining = false;

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#company = new Semaphore(options.workers);
  }

  readonly handle = async (jobs: EmbedJob[]): Promise<JobResult[]> => {
    this.#tellDeaths(jobs);
    const suspects = jobs.filter((job) => deathsOf(job) >= DEATHS_IN_COMPANY);
    const innocent = jobs.filter((job) => deathsOf(job) < DEATHS_IN_COMPANY);
    await this.#company.runExclusive(() => this.#work(innocent), 1);
    for (const suspect of suspects) {
      await this.#company.runExclusive(() => this.#work([suspect]), this.#options.workers);
    }
    return jobs.map(({ id }) => ({ id, status: 'completed' }));
  };

  /** Requests in flight finish and are stored; all else goes back to `pending`. */
  drain(): void {
    this.#draining = true;
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

  async #work(jobs: readonly EmbedJob[]): Promise<void> {
    const heldTooLong = AbortSignal.timeout((this.#options.expireSeconds / 2) * 1000);
    const signal = AbortSignal.any([this.#abort.signal, heldTooLong]);
    let open = jobs;
    let large: { bytes: number } | undefined;
    while (open.length > 0) {
      if (this.#draining || signal.aborted) {
        await this.#requeue(open, heldTooLong.aborted ? 'outage' : 'shutdown', 0);
        return;
      }
      const release = large === undefined ? undefined : await this.#options.budget.reserve(large.bytes);
      try {
        const claim = await this.#claim(open, large !== undefined);
        await this.#settleIdle(open, claim);
        await this.#embedAndSettle(open, claim.claimed, signal);
        const left = new Set(claim.deferred.map(({ id }) => id));
        open = open.filter((job) => left.has(job.data.blockId));
        // A block larger than a worker's share is claimed alone, once there is room for all of it.
        large = claim.claimed.length === 0 ? claim.deferred[0] : undefined;
      } finally {
        release?.();
      }
    }
  }

  async #claim(jobs: readonly EmbedJob[], large: boolean): Promise<Claim> {
    const { context, budget } = this.#options;
    const ids = jobs.map(({ data }) => data.blockId);
    return await this.#persist(() =>
      large
        ? claimBlocks(context.database, context.table, ids, 0, true)
        : claimBlocks(context.database, context.table, ids, budget.shareBytes, false),
    );
  }

  /** Settles what needs no embedding. */
  async #settleIdle(jobs: readonly EmbedJob[], claim: Claim): Promise<void> {
    const { context } = this.#options;
    const having = (ids: readonly string[]) => jobs.filter(({ data }) => ids.includes(data.blockId));
    const skipped = claim.settled.filter(({ status }) => status === 'skipped').map(({ id }) => id);
    const settled = claim.settled.filter(({ status }) => status !== 'skipped').map(({ id }) => id);
    if (skipped.length > 0)
      await this.#persist(() => clearSkippedVectors(context.database, context.table, skipped, skipped.length));
    await this.#complete(having(skipped), 'skipped');
    await this.#complete(having(settled), 'completed');
    await this.#complete(having(claim.gone), 'gone');
    await this.#requeue(having(claim.locked), 'locked', LOCKED_RETRY_SECONDS);
  }

  async #complete(jobs: readonly EmbedJob[], outcome: Outcome): Promise<void> {
    if (jobs.length === 0) return;
    const ours = await this.#persist(() => settleIdle(this.#options.context, jobs, outcome));
    this.#options.events.emit('settled', { outcome, count: ours.length });
  }

  async #requeue(jobs: readonly EmbedJob[], reason: RequeueReason, delaySeconds: number): Promise<void> {
    if (jobs.length === 0) return;
    const { context, events, waker, log } = this.#options;
    const ours = await this.#persist(() => requeue(context, jobs, reason, delaySeconds));
    events.emit('requeued', { reason, count: ours.length });
    log.debug('requeued jobs', { reason, count: ours.length, delaySeconds });
    if (!this.#draining) waker.wakeAfter(delaySeconds * 1000 + 10, ours.length);
  }

  async #embedAndSettle(
    jobs: readonly EmbedJob[],
    claimed: readonly ClaimedBlock[],
    signal: AbortSignal,
  ): Promise<void> {
    if (claimed.length === 0) return;
    const jobOf = new Map(jobs.map((job) => [job.data.blockId, job]));
    const blocks = claimed.flatMap((block) => {
      const job = jobOf.get(block.id);
      return job === undefined ? [] : [{ job, fingerprint: block.fingerprint, text: this.#textOf(block) }];
    });
    const doomed = blocks.filter(({ job }) => deathsOf(job) >= DEATHS_IN_COMPANY + DEATHS_ALONE);
    const textless = blocks.filter(({ text }) => text === null);
    const texts = blocks.flatMap(({ job, fingerprint, text }) =>
      text === null || doomed.some((one) => one.job === job) ? [] : [{ job, fingerprint, text }],
    );
    const { embedded, failed, error } = await this.#embed(texts, signal);
    const killers = doomed.map(({ job, fingerprint }) => killer(job, fingerprint));
    await this.#settle({ embedded, textless, failed: [...failed, ...killers] });
    if (error !== undefined)
      await this.#handBack(
        texts.map(({ job }) => job),
        error,
        signal,
      );
  }

  /** @returns vectors and rejections, or the error that kept all texts from being embedded */
  async #embed(texts: readonly ClaimedText[], signal: AbortSignal): Promise<Embedded & { error?: unknown }> {
    const priority = Math.max(...texts.map(({ job }) => job.data.priority), PRIORITY.backlog);
    try {
      return sort(
        texts,
        await this.#options.embedder.embed(
          texts.map(({ text }) => text),
          { priority, signal },
        ),
      );
    } catch (error) {
      return { embedded: [], failed: [], error };
    }
  }

  /** Nobody's fault: the jobs go back as they came. */
  async #handBack(jobs: readonly EmbedJob[], error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof DrainingError) await this.#requeue(jobs, 'shutdown', 0);
    else if (signal.aborted) await this.#requeue(jobs, 'outage', 0);
    else throw error;
  }

  async #settle(worked: Worked): Promise<void> {
    if (worked.embedded.length + worked.textless.length + worked.failed.length === 0) return;
    const settlement = await this.#persist(() => settleWorked(this.#options.context, worked));
    this.#tell(settlement);
    if (settlement.superseded.length > 0) this.#options.waker.wake(settlement.superseded.length);
  }

  /** Runs what reads or writes the database again while it is away; the fence decides whether it is still ours. */
  async #persist<T>(work: () => Promise<T>): Promise<T> {
    return await retryTransient(work, {
      signal: this.#abandon.signal,
      maxWaitMs: (this.#options.expireSeconds / 2) * 1000,
      onRetry: (error) => {
        this.#options.log.warn('the database failed; trying again', { error });
      },
    });
  }

  #textOf({ type, content, noteTitle }: ClaimedBlock): string | null {
    return blockText({
      type,
      content,
      noteTitle,
      contentFormat: this.#options.context.table.contentFormat,
    });
  }

  #tellDeaths(jobs: readonly EmbedJob[]): void {
    const dead = jobs.filter((job) => newDeathsOf(job) > 0);
    if (dead.length === 0) return;
    this.#options.events.emit('death', { count: dead.length });
    this.#options.log.warn('jobs came back from a worker that died or froze', {
      count: dead.length,
    });
  }

  #tell({ completed, skipped, superseded, failed }: Settlement): void {
    const { events, log } = this.#options;
    const now = Date.now();
    if (completed.length > 0) {
      events.emit('stored', {
        latenciesMs: completed.map(({ data }) => Math.max(0, now - Date.parse(data.since))),
      });
    }
    for (const [outcome, jobs] of [
      ['completed', completed],
      ['skipped', skipped],
      ['superseded', superseded],
    ] as const) {
      if (jobs.length > 0) events.emit('settled', { outcome, count: jobs.length });
    }
    if (superseded.length > 0)
      events.emit('requeued', {
        reason: 'superseded',
        count: superseded.length,
      });
    for (const { job, reason, final } of failed) {
      events.emit('failed', { reason, final });
      log.warn(final ? 'a block failed for good and was set aside' : 'a block failed and waits for its next try', {
        blockId: job.data.blockId,
        reason,
      });
    }
  }
}

interface ClaimedText {
  readonly job: EmbedJob;
  readonly fingerprint: string;
  readonly text: string;
}

type Embedded = Pick<Worked, 'embedded' | 'failed'>;

/** Tells vectors from rejections. */
function sort(texts: readonly ClaimedText[], vectors: readonly VectorOrRejection[]): Embedded {
  const embedded: {
    job: EmbedJob;
    fingerprint: string;
    vector: Float32Array;
  }[] = [];
  const failed: FailedBlock[] = [];
  texts.forEach(({ job, fingerprint }, i) => {
    const vector = vectors[i];
    if (vector instanceof Float32Array) embedded.push({ job, fingerprint, vector });
    else if (vector !== undefined)
      failed.push({
        job,
        fingerprint,
        reason: vector.code,
        message: vector.message,
        final: false,
      });
  });
  return { embedded, failed };
}

function killer(job: EmbedJob, fingerprint: string): FailedBlock {
  const message = `${deathsOf(job)} workers died with this block in hand, the last ${DEATHS_ALONE} with nothing else: look at what it holds`;
  return { job, fingerprint, reason: 'WORKER_DEATHS', message, final: true };
}
