import type { Claim } from '../blocks/claim.js';
import type { EmbedJob } from '../queue/job.js';
import { settleAndReport } from './batch.js';
import { GroupCommit } from './group-commit.js';
import type { Outcome, Verdict } from './outcome.js';
import type { Pipeline } from './pipeline.js';

/** Far beyond what such a statement or transaction takes where nothing is wrong. */
const OVERLAP_AFTER_MS = 25;
/** Blocks of one round: enough to make its statements cheap, few enough for a short transaction. */
const MAX_BLOCKS = 256;

type Parts = Pick<Pipeline, 'context' | 'budget' | 'events' | 'waker' | 'log'>;

/** Claims of several workers in one statement, each by the ids of its jobs' blocks. One may get the budget another leaves. */
export function groupedClaims({ context, budget }: Parts) {
  return new GroupCommit<readonly string[], Claim>({
    overlapAfterMs: OVERLAP_AFTER_MS,
    maxItems: MAX_BLOCKS,
    size: (ids) => ids.length,
    run: async (items) => {
      const budgetBytes = items.length * budget.shareBytes;
      const claim = await context.blocks.claim(context.database, items.flat(), budgetBytes, false);
      return items.map(() => claim); // each finds its own blocks in it
    },
  });
}

/** Settlements of several workers in one transaction. */
export function groupedSettlements(parts: Parts) {
  return new GroupCommit<readonly Verdict[], ReadonlyMap<EmbedJob, Outcome>>({
    overlapAfterMs: OVERLAP_AFTER_MS,
    maxItems: MAX_BLOCKS,
    size: (verdicts) => verdicts.length,
    run: async (items) => {
      const outcomes = await settleAndReport(parts, items.flat());
      return items.map(() => outcomes); // each finds its own jobs in it
    },
  });
}
