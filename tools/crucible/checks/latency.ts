import { delaysUntil, type Injection } from '../fault-injector.js';
import type { Violations } from '../violation.js';
import type { Model } from '../writer/model.js';

/** Limit from an edit to its vector when nothing but bad texts and locked rows is injected, on a busy machine. */
const BOUND_MS = 6_000;
/** After a fault that delays everything, a backlog has to be worked off first. */
const RECOVERY_MS = 10_000;

export interface LatencyOptions {
  readonly model: Model;
  readonly stores: readonly { readonly blockId: string; readonly at: number }[];
  readonly injections: readonly Injection[];
  /** Blocks that may wait, because another client locked them. */
  readonly exempt: ReadonlySet<string>;
  readonly from: number;
  readonly to: number;
  readonly violations: Violations;
}

/**
 * Bad texts and locked rows delay no other block (4): a good edit is stored in time if no other fault was near and the
 * block was not edited again.
 *
 * @returns how many edits could be checked, and the slowest of them
 */
export function checkLatency(options: LatencyOptions): { readonly checked: number; readonly slowestMs: number } {
  const { model, stores, injections, exempt, from, to, violations } = options;
  const storesOf = Map.groupBy(stores, ({ blockId }) => blockId);
  const editsOf = Map.groupBy(model.edits, ({ blockId }) => blockId);
  const delaying = injections.filter(({ nemesis }) => nemesis.delaysOthers);
  let checked = 0;
  let slowestMs = 0;
  for (const { blockId, at, kind } of model.edits) {
    if (kind !== 'good' && kind !== 'long') continue;
    if (exempt.has(blockId) || !model.blocks.has(blockId) || at < from || at + BOUND_MS > to) continue;
    if (delaying.some((one) => one.from < at + BOUND_MS && delaysUntil(one) + RECOVERY_MS > at)) continue;
    if (editsOf.get(blockId)?.some((other) => other.at > at && other.at < at + BOUND_MS)) continue;
    checked += 1;
    // 500 ms of grace: the edit's time is when its COMMIT was acknowledged, and workers see it before that.
    const stored = storesOf.get(blockId)?.find((store) => store.at > at - 500);
    const took = (stored?.at ?? Infinity) - at;
    slowestMs = Math.max(slowestMs, took);
    if (took <= BOUND_MS) continue;
    const details = { edited: new Date(at).toISOString(), tookMs: took };
    violations.add({
      invariant: 4,
      what: 'a good edit was not stored in time although no fault affected it',
      blockId,
      details,
    });
  }
  return { checked, slowestMs };
}
