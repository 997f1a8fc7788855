import { allOf } from '../all-of.js';
import { claimBlocks, type Claim } from '../blocks/claim.js';
import { clearSkippedVectors } from '../blocks/clear-skipped.js';
import { retryTransient } from '../database/retry.js';
import type { Embedder } from '../embedder/embedder.js';
import { DrainingError } from '../embedder/errors.js';
import { errorCode } from '../errors.js';
import type { Events, Outcome, RequeueReason } from '../events.js';
import type { Logger } from '../logger.js';
import { span } from '../telemetry.js';
import { embedTexts, isLive } from './embed-texts.js';
import { gatheredClaims, gatheredSettlements } from './gathered.js';
import type { Gatherer } from './gatherer.js';
import { PRIORITY, type EmbedJob } from './job.js';
import { isEmpty, readBlocks, type ReadBlocks } from './read-blocks.js';
import type { SettleContext } from './settle-context.js';
import { requeue, settleIdle, type Settlement, type Worked } from './settle.js';
import { tellSettlement } from './tell-settlement.js';
import type { TextBudget } from './text-budget.js';
import type { Waker } from './waker.js';

/** A block whose row someone has locked is looked at again after so long; the longer it waits, the less often. */
const LOCKED_RETRY_SECONDS = 1;
const LOCKED_RETRY_MAX_SECONDS = 30;

export interface BatchOptions {
  readonly context: SettleContext;
  readonly embedder: Embedder;
  readonly budget: TextBudget;
  readonly waker: Waker;
  /** How long the database is waited for, while it is away. */
  readonly patienceMs: number;
  /** Ends that waiting. */
  readonly abandon: AbortSignal;
  readonly events: Events;
  readonly log: Logger;
}

/**
 * Works off the jobs of one fetch:
 *
 *     claim (pending → processing) ─▶ text ─▶ vector ─▶ store and complete, in one transaction
 *       │ nothing to do: complete        │ no text: skipped
 *       │ row locked: requeue            │ its own fault: fail (retry or dead letter)
 *       │ budget spent: next round       │ not its fault: requeue
 */
export class BatchWork {
  readonly #options: BatchOptions;
  readonly #claims: Gatherer<readonly string[], Claim>;
  readonly #settlements: Gatherer<Worked, Settlement>;
  /** Jobs that are ours no longer. */
  readonly #settled = new WeakSet<EmbedJob>();

  constructor(options: BatchOptions) {
    this.#options = options;
    this.#claims = gatheredClaims(options.context, options.budget.shareBytes);
    this.#settlements = gatheredSettlements(options.context);
  }

  /**
   * Settles all of the jobs, in as many rounds as the text budget asks for.
   *
   * @param signal aborted when the jobs have been held too long or the process ends: what is open then is handed back
   */
  async work(jobs: readonly EmbedJob[], signal: AbortSignal): Promise<void> {
    let open = jobs;
    let large: { bytes: number } | undefined;
    let together = true;
    while (open.length > 0) {
      if (signal.aborted) return await this.requeue(open, reasonOf(signal), 0);
      const release = await this.#makeRoom(large, signal);
      if (release === undefined) continue;
      try {
        const { read, deferred } = await this.#claim(open, together, large !== undefined);
        if (together) this.#options.waker.wakeNext(open);
        await this.#embedAndSettle(read, signal);
        const left = new Set(deferred.map(({ id }) => id));
        open = open.filter((job) => left.has(job.data.blockId));
        // A block larger than a worker's share is claimed alone, once there is room for all of it.
        large = !together && isEmpty(read) ? deferred[0] : undefined;
        together = false;
      } finally {
        release();
      }
    }
  }

  /**
   * Of the jobs of a batch that failed, those that are still to be settled. The others' blocks may have been edited since,
   * and have jobs of their own: a claim by the old one would take them from these.
   */
  openOf(jobs: readonly EmbedJob[]): EmbedJob[] {
    return jobs.filter((job) => !this.#settled.has(job));
  }

  /**
   * Claims the jobs' blocks, settles those that need no embedding and reads the texts of the others. What the blocks
   * hold goes no further: beside their texts it would double what large ones take.
   */
  async #claim(
    jobs: readonly EmbedJob[],
    together: boolean,
    large: boolean,
  ): Promise<{ readonly read: ReadBlocks; readonly deferred: Claim['deferred'] }> {
    const claim = await span('claim', jobs.length, () =>
      together ? this.#claimTogether(jobs) : this.#claimAlone(jobs, large),
    );
    await this.#settleIdle(jobs, claim);
    const read = readBlocks(jobs, claim.claimed, this.#options.context.table.contentFormat);
    return { read, deferred: claim.deferred };
  }

  /** @returns gives the room back; undefined when the signal came first */
  async #makeRoom(large: { bytes: number } | undefined, signal: AbortSignal): Promise<(() => void) | undefined> {
    if (large === undefined) return () => undefined;
    return await this.#options.budget.reserve(large.bytes, signal).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
  }

  async #claimTogether(jobs: readonly EmbedJob[]): Promise<Claim> {
    const ids = jobs.map(toBlockId);
    return await this.#persist(() => this.#claims.do(ids));
  }

  /** What others left of the budget, or did not: in a statement of its own the batch has its whole share. */
  async #claimAlone(jobs: readonly EmbedJob[], large: boolean): Promise<Claim> {
    const { context, budget } = this.#options;
    const ids = jobs.map(toBlockId);
    const budgetBytes = large ? 0 : budget.shareBytes;
    return await this.#persist(() => claimBlocks(context.database, context.table, ids, budgetBytes, large));
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
    for (const [delaySeconds, locked] of Map.groupBy(having(claim.locked), lockedDelaySeconds)) {
      await this.requeue(locked, 'locked', delaySeconds);
    }
  }

  async #complete(jobs: readonly EmbedJob[], outcome: Outcome): Promise<void> {
    if (jobs.length === 0) return;
    const { settled, edited } = await this.#persist(() => settleIdle(this.#options.context, jobs, outcome));
    this.#markSettled(jobs);
    this.#options.events.emit('settled', { outcome, count: settled });
    if (edited > 0) this.#options.waker.wake(edited, PRIORITY.live);
  }

  /** Hands jobs back at no cost. */
  async requeue(jobs: readonly EmbedJob[], reason: RequeueReason, delaySeconds: number): Promise<void> {
    if (jobs.length === 0) return;
    const { context, events, waker, log } = this.#options;
    const ours = await this.#persist(() => requeue(context, jobs, reason, delaySeconds));
    this.#markSettled(jobs);
    events.emit('requeued', { reason, count: ours.length });
    log.debug('requeued jobs', { reason, count: ours.length, delaySeconds });
    for (const [priority, { length }] of Map.groupBy(ours, ({ data }) => data.priority)) {
      waker.wakeAfter(delaySeconds * 1000 + 10, length, priority);
    }
  }

  /** Settles a block as failed by its own fault where our own code threw on it: a throw would count as our death. */
  async failUnexpectedly(jobs: readonly EmbedJob[], error: unknown): Promise<void> {
    this.#options.log.error('a block failed unexpectedly', { error, blockIds: jobs.map(({ data }) => data.blockId) });
    const { claimed } = await this.#claimAlone(jobs, true);
    // Neither message nor detail: a database's errors may repeat what they refused.
    const code = errorCode(error);
    const failure = {
      reason: 'UNEXPECTED',
      message: `the worker failed on this block${code === undefined ? '' : ` (${code})`}: see its log`,
      final: false,
    };
    const failed = claimed.flatMap(({ id, fingerprint }) =>
      jobs.filter(({ data }) => data.blockId === id).map((job) => ({ job, fingerprint, ...failure })),
    );
    await this.#settle({ embedded: [], textless: [], failed });
  }

  async #embedAndSettle(read: ReadBlocks, signal: AbortSignal): Promise<void> {
    if (isEmpty(read)) return;
    const { texts, textless, killers } = read;
    const live = texts.filter(isLive);
    const backlog = texts.filter((text) => !isLive(text));
    if (live.length > 0 && backlog.length > 0) {
      // A request takes as long as all of its texts: an edit does not wait for backlog that happens to be fetched with it.
      return await allOf([
        this.#embedAndSettle({ texts: live, textless, killers }, signal),
        this.#embedAndSettle({ texts: backlog, textless: [], killers: [] }, signal),
      ]);
    }
    const { embedded, failed, error } = await embedTexts(this.#options.embedder, texts, signal);
    await this.#settle({ embedded, textless, failed: [...failed, ...killers] });
    if (error !== undefined) await this.#handBack(texts.map(toJob), error, signal);
  }

  /** Nobody's fault: the jobs go back as they came. */
  async #handBack(jobs: readonly EmbedJob[], error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof DrainingError) await this.requeue(jobs, 'shutdown', 0);
    else if (signal.aborted) await this.requeue(jobs, 'outage', 0);
    else throw error;
  }

  async #settle(worked: Worked): Promise<void> {
    const blocks = worked.embedded.length + worked.textless.length + worked.failed.length;
    if (blocks === 0) return;
    const settlement = await span('store', blocks, () => this.#persist(() => this.#settlements.do(worked)));
    this.#markSettled([...worked.embedded, ...worked.textless, ...worked.failed].map(toJob));
    tellSettlement(settlement, this.#options);
    if (settlement.superseded.length > 0) this.#options.waker.wake(settlement.superseded.length, PRIORITY.live);
  }

  #markSettled(jobs: readonly EmbedJob[]): void {
    for (const job of jobs) this.#settled.add(job);
  }

  /** Runs what reads or writes the database again while it is away; the fence decides whether it is still ours. */
  async #persist<T>(work: () => Promise<T>): Promise<T> {
    return await retryTransient(work, {
      signal: this.#options.abandon,
      maxWaitMs: this.#options.patienceMs,
      onRetry: (error) => {
        this.#options.log.warn('the database failed; trying again', { error });
      },
    });
  }
}

/** Why jobs go back when their signal was aborted. */
export function reasonOf(signal: AbortSignal): RequeueReason {
  return signal.reason instanceof DrainingError ? 'shutdown' : 'outage';
}

/** Half of how long it has waited. Whoever edits the block ends the wait: its notification raises the job. */
function lockedDelaySeconds({ data }: EmbedJob): number {
  const waitedSeconds = (Date.now() - Date.parse(data.since)) / 1000;
  return Math.round(Math.min(LOCKED_RETRY_MAX_SECONDS, Math.max(LOCKED_RETRY_SECONDS, waitedSeconds / 2)));
}

const toBlockId = ({ data }: EmbedJob) => data.blockId;
const toJob = ({ job }: { readonly job: EmbedJob }) => job;
