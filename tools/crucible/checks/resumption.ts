import { delaysUntil, type Injection } from '../fault-injector.js';
import type { Violations } from '../violation.js';
import type { Model } from '../writer/model.js';

/** Limit from the end of a fault that blocks all work to the first block stored. */
const BOUND_MS = 5_000;
/** Extra time for a busy machine. */
const GRACE_MS = 1_000;

export interface ResumptionOptions {
  readonly model: Model;
  readonly stores: readonly { readonly blockId: string; readonly at: number }[];
  readonly injections: readonly Injection[];
  readonly violations: Violations;
}

/**
 * Work resumes soon after a fault that blocked all of it (5). Checked only if a block was waiting and no other fault delays
 * it.
 *
 * @returns how many faults could be checked, and the longest time work took to resume
 */
export function checkResumption({ model, stores, injections, violations }: ResumptionOptions): {
  readonly checked: number;
  readonly slowestMs: number;
} {
  let checked = 0;
  let slowestMs = 0;
  for (const { nemesis, from, to } of injections) {
    if (nemesis.blocksAllWork !== true) continue;
    const others = injections.filter((one) => one.nemesis.delaysOthers && delaysUntil(one) > to);
    const calmUntil = Math.min(...others.map((other) => other.from), Infinity);
    const first = Math.min(...stores.filter(({ at }) => at > to).map(({ at }) => at), Infinity);
    const waited = new Set(model.edits.filter((edit) => edit.at > from && edit.at < to).map(({ blockId }) => blockId));
    const isWaitedFor = stores.some(({ blockId, at }) => at > to && waited.has(blockId));
    const tookMs = first - to;
    if (!isWaitedFor || calmUntil < Math.min(first, to + BOUND_MS + GRACE_MS)) continue;
    checked += 1;
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs <= BOUND_MS + GRACE_MS) continue;
    const details = { nemesis: nemesis.name, ended: new Date(to).toISOString(), tookMs };
    violations.add({ invariant: 5, what: 'work did not resume soon after the fault that blocked it', details });
  }
  return { checked, slowestMs };
}
