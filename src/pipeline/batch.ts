import { allSettled } from '../base/all-settled.js';
import { sleep } from '../base/sleep.js';
import { LOCKED_ROW_PAUSES_MS } from '../blocks/locked-rows.js';
import { isEnvironmental, mayBeSchemaChange, reactionTo } from '../postgres/sqlstate.js';
import type { EmbedJob } from '../queue/job.js';
import { span } from '../telemetry/span.js';
import { claim, handBackLocked, type Capacity } from './claim.js';
import { embed, embedLong, isLive } from './embed.js';
import type { Outcomes, Verdict } from './outcome.js';
import { withRetry } from '../postgres/with-retry.js';
import type { Pipeline, SettleContext } from './pipeline.js';
import { prepare, type PreparedText } from './prepare.js';
import { report } from './report.js';
import { settle, type IfLocked } from './settle.js';

/** The result of reading a round. Only the texts are kept: the blocks' contents would take as much memory again. */
interface Round {
  readonly texts: readonly PreparedText[];
  readonly verdicts: readonly Verdict[];
  readonly deferred: readonly Deferred[];
  readonly locked: readonly EmbedJob[];
  /** Size of the contents that were read. */
  readonly bytes: number;
}

/** A job for the next round, and the size of its block's text. */
interface Deferred {
  readonly job: EmbedJob;
  readonly bytes: number;
}

/**
 * Processes jobs, in as many rounds as the text budget requires:
 *
 *     claim (pending → processing) ─▶ prepare (text) ─▶ embed (vector) ─▶ settle (one transaction)
 *
 * Each step yields verdicts, which are settled at once.
 *
 * @param mode `direct`: in separate statements and transactions, so a failure was caused by one of these jobs
 * @param signal aborted when the jobs have been held for too long or the process must end
 * @throws the database's error if a block may be the cause; a signal's reason. Some jobs then have no outcome
 */
export async function runBatch(
  pipeline: Pipeline,
  jobs: readonly EmbedJob[],
  outcomes: Outcomes,
  mode: Capacity['mode'],
  signal: AbortSignal,
): Promise<void> {
  let open = jobs;
  let oversized: { readonly bytes: number } | undefined;
  let firstRound = true;
  while (open.length > 0) {
    signal.throwIfAborted();
    const release = oversized === undefined ? () => undefined : await pipeline.budget.reserve(oversized.bytes, signal);
    try {
      const capacity = { mode: firstRound ? mode : 'direct', oversized: oversized !== undefined } as const;
      const round = await readRound(pipeline, open, capacity, signal);
      if (firstRound) pipeline.waker.wakeNext(open);
      const deferred = await runRound(pipeline, round, outcomes, mode, signal);
      open = deferred.map(({ job }) => job);
      // A block larger than a worker's share is claimed alone, once the budget has room for it.
      oversized = !firstRound && round.texts.length + round.verdicts.length === 0 ? deferred[0] : undefined;
      firstRound = false;
    } finally {
      release();
    }
  }
}

async function readRound(
  pipeline: Pipeline,
  jobs: readonly EmbedJob[],
  capacity: Capacity,
  signal: AbortSignal,
): Promise<Round> {
  const { claimed, verdicts, deferred, locked } = await span('claim', jobs.length, () =>
    claim(pipeline, jobs, capacity, signal),
  );
  const prepared = prepare(claimed, pipeline.blocks.table);
  const bytes = claimed.reduce((sum, { block }) => sum + Buffer.byteLength(block.content ?? ''), 0);
  return { texts: prepared.texts, verdicts: [...verdicts, ...prepared.verdicts], deferred, locked, bytes };
}

/**
 * Processes what a claim found, and meanwhile claims again the blocks whose rows were locked.
 *
 * @param tries how often those blocks have been claimed again already
 * @returns the jobs for the next round
 */
async function runRound(
  pipeline: Pipeline,
  round: Round,
  outcomes: Outcomes,
  mode: Capacity['mode'],
  signal: AbortSignal,
  tries = 0,
): Promise<readonly Deferred[]> {
  const run = async () => {
    await settleVerdicts(pipeline, round.verdicts, outcomes, mode, signal);
    await embedAndSettle(pipeline, round.texts, outcomes, mode, signal);
  };
  const claimAgain = async () => {
    if (round.locked.length === 0) return [];
    const pauseMs = LOCKED_ROW_PAUSES_MS[tries];
    if (pauseMs === undefined) {
      await settleVerdicts(pipeline, round.locked.map(handBackLocked), outcomes, mode, signal);
      return [];
    }
    await sleep(pauseMs, signal);
    signal.throwIfAborted();
    const capacity = { mode: 'direct', oversized: false, usedBytes: round.bytes } as const;
    const again = await readRound(pipeline, round.locked, capacity, signal);
    const bytes = round.bytes + again.bytes;
    return await runRound(pipeline, { ...again, bytes }, outcomes, mode, signal, tries + 1);
  };
  const [, deferred] = await allSettled([run(), claimAgain()]);
  return [...round.deferred, ...deferred];
}

async function embedAndSettle(
  pipeline: Pipeline,
  texts: readonly PreparedText[],
  outcomes: Outcomes,
  mode: Capacity['mode'],
  signal: AbortSignal,
): Promise<void> {
  // A request takes as long as all of its texts: an edit must not wait for backlog that was fetched with it.
  const deadline = { signal, expireMs: pipeline.expireMs };
  const parts = [texts.filter(isLive), texts.filter((text) => !isLive(text))].filter((part) => part.length > 0);
  const results = await Promise.allSettled(
    parts.map(async (part) => {
      const { verdicts, long } = await embed(pipeline.embedder, part, deadline);
      await settleVerdicts(pipeline, verdicts, outcomes, mode, signal);
      for (const text of long) {
        const verdict = await embedLong(pipeline.embedder, text, text.job.data.priority, deadline);
        await settleVerdicts(pipeline, [verdict], outcomes, mode, signal);
      }
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/**
 * Settles jobs, together with those of other workers unless the mode is `direct`. If the database rejects one of the
 * blocks, the others are settled without it, and their vectors are kept. Jobs whose rows are locked are settled after the
 * others; those that stay locked are superseded.
 *
 * @param tries how often these jobs were left because their rows were locked
 * @throws the error of the jobs that then have no outcome
 */
export async function settleVerdicts(
  pipeline: Pipeline,
  verdicts: readonly Verdict[],
  outcomes: Outcomes,
  mode: Capacity['mode'],
  signal: AbortSignal,
  tries = 0,
): Promise<void> {
  if (verdicts.length === 0) return;
  const { dimensions } = pipeline.blocks.table;
  const ifLocked = tries < LOCKED_ROW_PAUSES_MS.length && !signal.aborted ? 'leave' : 'supersede';
  let left: readonly Verdict[] = [];
  try {
    const settled = await span('store', verdicts.length, () =>
      withRetry(pipeline, signal, () =>
        mode === 'grouped' ? pipeline.settlements.run(verdicts) : settleAndReport(pipeline, verdicts, ifLocked),
      ),
    );
    for (const { job } of verdicts) {
      const outcome = settled.get(job);
      if (outcome !== undefined) outcomes.set(job, outcome);
    }
    left = verdicts.filter(({ job }) => !settled.has(job));
  } catch (error) {
    // A failure in another batch made the worker read the tables again: vectors that do not fit are now handed back.
    if (mayBeSchemaChange(error) && dimensions !== pipeline.blocks.table.dimensions) {
      return await settleVerdicts(pipeline, verdicts, outcomes, mode, signal, tries);
    }
    const mayBeCausedByOneBlock = reactionTo(error) === 'split' && !isEnvironmental(error) && !signal.aborted;
    if (verdicts.length === 1 || !mayBeCausedByOneBlock) throw error;
    const middle = Math.ceil(verdicts.length / 2);
    const halves = [verdicts.slice(0, middle), verdicts.slice(middle)];
    const failures: unknown[] = [];
    for (const half of halves) {
      await settleVerdicts(pipeline, half, outcomes, 'direct', signal, tries).catch((failure: unknown) =>
        failures.push(failure),
      );
    }
    if (failures.length > 0) throw failures[0];
  }
  if (left.length === 0) return;
  await sleep(LOCKED_ROW_PAUSES_MS[tries] ?? 0, signal);
  await settleVerdicts(pipeline, left, outcomes, 'direct', signal, tries + 1);
}

/** Settles jobs in one transaction and reports their outcomes, which it returns. */
export async function settleAndReport(
  pipeline: SettleContext & Pick<Pipeline, 'events' | 'waker' | 'log'>,
  verdicts: readonly Verdict[],
  ifLocked: IfLocked,
) {
  const settlement = await settle(pipeline, verdicts, ifLocked);
  report(settlement, pipeline);
  return settlement.outcomes;
}
