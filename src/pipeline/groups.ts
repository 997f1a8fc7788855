import type { Claim } from '../blocks/claim.js';
import type { EmbedJob } from '../queue/job.js';
import { settleAndReport } from './batch.js';
import { GroupCommit } from './group-commit.js';
import type { Outcome, Verdict } from './outcome.js';
import type { Pipeline, SettleContext } from './pipeline.js';

/** Far longer than such a statement or transaction normally takes. */
const OVERLAP_AFTER_MS = 25;
/** Blocks in one round: enough to make its statements cheap, few enough for a short transaction. */
const MAX_BLOCKS = 256;

type ClaimParts = Pick<Pipeline, 'blocks' | 'database' | 'budget'>;
type SettleParts = SettleContext & Pick<Pipeline, 'events' | 'waker' | 'log'>;

/** Claims of several workers in one statement. Budget that one worker does not need is available to the others. */
export function groupedClaims({ blocks, database, budget }: ClaimParts) {
  return new GroupCommit<readonly string[], Claim>({
    overlapAfterMs: OVERLAP_AFTER_MS,
    maxItems: MAX_BLOCKS,
    size: (ids) => ids.length,
    run: async (items) => {
      const budgetBytes = items.length * budget.shareBytes;
      // A job that expired may have been fetched again by this process: then two batches have its block.
      const ids = [...new Set(items.flat())];
      const claim = await blocks.claim(database, ids, budgetBytes, false);
      return items.map(() => claim); // each worker picks its own blocks
    },
  });
}

/** Settlements of several workers in one transaction. */
export function groupedSettlements(parts: SettleParts) {
  return new GroupCommit<readonly Verdict[], ReadonlyMap<EmbedJob, Outcome>>({
    overlapAfterMs: OVERLAP_AFTER_MS,
    maxItems: MAX_BLOCKS,
    size: (verdicts) => verdicts.length,
    run: async (items) => {
      const outcomes = await settleAndReport(parts, items.flat(), 'leave');
      return items.map(() => outcomes); // each worker picks its own jobs
    },
  });
}
