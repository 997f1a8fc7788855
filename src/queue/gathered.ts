import { claimBlocks, type Claim } from '../blocks/claim.js';
import { Gatherer } from './gatherer.js';
import type { EmbedJob } from './job.js';
import type { SettleContext } from './settle-context.js';
import { settleWorked, type Settlement, type Worked } from './settle.js';

/** Far beyond what such a statement or transaction takes where nothing is wrong. */
const OVERDUE_MS = 25;
/** Blocks of one turn: enough to make its statements cheap, few enough for a short transaction. */
const MOST_BLOCKS = 256;

/**
 * Claims of several workers at once, each by the ids of its jobs' blocks.
 *
 * @param shareBytes of text that each may claim; one may get what another leaves
 */
export function gatheredClaims({ database, table }: SettleContext, shareBytes: number) {
  return new Gatherer<readonly string[], Claim>({
    overdueMs: OVERDUE_MS,
    most: MOST_BLOCKS,
    sizeOf: (ids) => ids.length,
    perform: async (items) => {
      const claim = await claimBlocks(database, table, items.flat(), items.length * shareBytes, false);
      return items.length === 1 ? [claim] : items.map((ids) => claimOf(new Set(ids), claim));
    },
  });
}

/** Settlements of several workers' batches in one transaction. */
export function gatheredSettlements(context: SettleContext) {
  return new Gatherer<Worked, Settlement>({
    overdueMs: OVERDUE_MS,
    most: MOST_BLOCKS,
    sizeOf: ({ embedded, textless, failed }) => embedded.length + textless.length + failed.length,
    perform: async (items) => {
      const settlement = await settleWorked(context, {
        embedded: items.flatMap(({ embedded }) => embedded),
        textless: items.flatMap(({ textless }) => textless),
        failed: items.flatMap(({ failed }) => failed),
      });
      return items.length === 1 ? [settlement] : items.map((worked) => settlementOf(worked, settlement));
    },
  });
}

function claimOf(ids: ReadonlySet<string>, claim: Claim): Claim {
  const isOurs = ({ id }: { readonly id: string }) => ids.has(id);
  return {
    claimed: claim.claimed.filter(isOurs),
    settled: claim.settled.filter(isOurs),
    locked: claim.locked.filter((id) => ids.has(id)),
    deferred: claim.deferred.filter(isOurs),
    gone: claim.gone.filter((id) => ids.has(id)),
  };
}

function settlementOf({ embedded, textless, failed }: Worked, settlement: Settlement): Settlement {
  const jobs = new Set([...embedded, ...textless, ...failed].map(({ job }) => job));
  const isOurs = (job: EmbedJob) => jobs.has(job);
  return {
    completed: settlement.completed.filter(isOurs),
    skipped: settlement.skipped.filter(isOurs),
    superseded: settlement.superseded.filter(isOurs),
    failed: settlement.failed.filter(({ job }) => jobs.has(job)),
  };
}
