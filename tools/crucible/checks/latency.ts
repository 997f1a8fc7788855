import type { Episode } from '../havoc.js';
import type { Violations } from '../violation.js';
import type { Model } from '../writer/model.js';

/** From an edit to its vector while nothing but bad neighbours is about, on a machine that has other things to do. */
const BOUND_MS = 6_000;
/** After a disturbance there is a backlog to work off. */
const AFTERMATH_MS = 10_000;

export interface LatencyOptions {
  readonly model: Model;
  readonly stores: readonly { readonly blockId: string; readonly at: number }[];
  readonly episodes: readonly Episode[];
  /** Blocks that may wait: a neighbour had them locked. */
  readonly exempt: ReadonlySet<string>;
  readonly from: number;
  readonly to: number;
  readonly violations: Violations;
}

/**
 * Bad texts and locked rows delay nobody else (4): a good edit that no disturbance is near to is stored in time, unless
 * the block was edited again. @returns how many edits could be judged so, and the slowest
 */
export function checkLatency(options: LatencyOptions): { readonly judged: number; readonly slowestMs: number } {
  const { model, stores, episodes, exempt, from, to, violations } = options;
  const storesOf = Map.groupBy(stores, ({ blockId }) => blockId);
  const editsOf = Map.groupBy(model.edits, ({ blockId }) => blockId);
  const disturbing = episodes.filter(({ nemesis }) => nemesis.disturbs);
  let judged = 0;
  let slowestMs = 0;
  for (const { blockId, at, nature } of model.edits) {
    if (nature !== 'good' && nature !== 'long') continue;
    if (exempt.has(blockId) || !model.blocks.has(blockId) || at < from || at + BOUND_MS > to) continue;
    if (disturbing.some((one) => one.from < at + BOUND_MS && one.to + AFTERMATH_MS > at)) continue;
    if (editsOf.get(blockId)?.some((other) => other.at > at && other.at < at + BOUND_MS)) continue;
    judged += 1;
    // Half a second of grace: an edit is dated when its COMMIT was acknowledged, which is after the workers saw it.
    const stored = storesOf.get(blockId)?.find((store) => store.at > at - 500);
    const took = (stored?.at ?? Infinity) - at;
    slowestMs = Math.max(slowestMs, took);
    if (took <= BOUND_MS) continue;
    const details = { edited: new Date(at).toISOString(), tookMs: took };
    violations.add({ invariant: 4, what: 'a block waited though nothing was wrong with it', blockId, details });
  }
  return { judged, slowestMs };
}
