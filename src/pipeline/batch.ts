import { isEnvironmental, mayBeSchemaChange, reactionTo } from '../postgres/sqlstate.js';
import type { EmbedJob } from '../queue/job.js';
import { span } from '../telemetry/span.js';
import { claim, type Capacity } from './claim.js';
import { embed, embedLong, isLive } from './embed.js';
import type { Outcomes, Verdict } from './outcome.js';
import { withRetry } from '../postgres/with-retry.js';
import type { Pipeline, SettleContext } from './pipeline.js';
import { prepare, type PreparedText } from './prepare.js';
import { report } from './report.js';
import { settle } from './settle.js';

/** The result of reading a round. Only the texts are kept: the blocks' contents would take as much memory again. */
interface Round {
  readonly texts: readonly PreparedText[];
  readonly verdicts: readonly Verdict[];
  readonly deferred: readonly { readonly job: EmbedJob; readonly bytes: number }[];
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
      const { texts, verdicts, deferred } = await readRound(pipeline, open, capacity, signal);
      if (firstRound) pipeline.waker.wakeNext(open);
      await settleVerdicts(pipeline, verdicts, outcomes, mode, signal);
      await embedAndSettle(pipeline, texts, outcomes, mode, signal);
      open = deferred.map(({ job }) => job);
      // A block larger than a worker's share is claimed alone, once the budget has room for it.
      oversized = !firstRound && texts.length + verdicts.length === 0 ? deferred[0] : undefined;
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
  const { claimed, verdicts, deferred } = await span('claim', jobs.length, () =>
    claim(pipeline, jobs, capacity, signal),
  );
  const prepared = prepare(claimed, pipeline.blocks.table);
  return { texts: prepared.texts, verdicts: [...verdicts, ...prepared.verdicts], deferred };
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
 * blocks, the others are settled without it, and their vectors are kept.
 *
 * @throws the error of the jobs that then have no outcome
 */
export async function settleVerdicts(
  pipeline: Pipeline,
  verdicts: readonly Verdict[],
  outcomes: Outcomes,
  mode: Capacity['mode'],
  signal: AbortSignal,
): Promise<void> {
  if (verdicts.length === 0) return;
  const { dimensions } = pipeline.blocks.table;
  try {
    const settled = await span('store', verdicts.length, () =>
      withRetry(pipeline, signal, () =>
        mode === 'grouped' ? pipeline.settlements.run(verdicts) : settleAndReport(pipeline, verdicts),
      ),
    );
    for (const { job } of verdicts) outcomes.set(job, settled.get(job) ?? { kind: 'lost' });
  } catch (error) {
    // A failure in another batch made the worker read the tables again: vectors that do not fit are now handed back.
    if (mayBeSchemaChange(error) && dimensions !== pipeline.blocks.table.dimensions) {
      return await settleVerdicts(pipeline, verdicts, outcomes, mode, signal);
    }
    const mayBeCausedByOneBlock = reactionTo(error) === 'split' && !isEnvironmental(error) && !signal.aborted;
    if (verdicts.length === 1 || !mayBeCausedByOneBlock) throw error;
    const middle = Math.ceil(verdicts.length / 2);
    const halves = [verdicts.slice(0, middle), verdicts.slice(middle)];
    const failures: unknown[] = [];
    for (const half of halves) {
      await settleVerdicts(pipeline, half, outcomes, 'direct', signal).catch((failure: unknown) =>
        failures.push(failure),
      );
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Settles jobs in one transaction and reports their outcomes, which it returns. */
export async function settleAndReport(
  pipeline: SettleContext & Pick<Pipeline, 'events' | 'waker' | 'log'>,
  verdicts: readonly Verdict[],
) {
  const settlement = await settle(pipeline, verdicts);
  report(settlement, pipeline);
  return settlement.outcomes;
}
