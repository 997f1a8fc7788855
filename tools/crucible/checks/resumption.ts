import type { Episode } from '../havoc.js';
import type { Violations } from '../violation.js';
import type { Model } from '../writer/model.js';

/** From the end of what held all work to the first block that is stored. */
const BOUND_MS = 5_000;
/** For a machine that has other things to do. */
const GRACE_MS = 1_000;

export interface ResumptionOptions {
  readonly model: Model;
  readonly stores: readonly { readonly blockId: string; readonly at: number }[];
  readonly episodes: readonly Episode[];
  readonly violations: Violations;
}

/**
 * Work resumes soon after its hindrance is gone (5), where a block waited for that and nothing else disturbs it.
 * @returns how often that could be judged, and the longest time it took
 */
export function checkResumption({ model, stores, episodes, violations }: ResumptionOptions): {
  readonly judged: number;
  readonly slowestMs: number;
} {
  let judged = 0;
  let slowestMs = 0;
  for (const { nemesis, from, to } of episodes) {
    if (nemesis.holds !== true) continue;
    const others = episodes.filter((one) => one.nemesis.disturbs && one.to > to);
    const calmUntil = Math.min(...others.map((other) => other.from), Infinity);
    const first = Math.min(...stores.filter(({ at }) => at > to).map(({ at }) => at), Infinity);
    const waited = new Set(model.edits.filter((edit) => edit.at > from && edit.at < to).map(({ blockId }) => blockId));
    const isWaitedFor = stores.some(({ blockId, at }) => at > to && waited.has(blockId));
    const tookMs = first - to;
    if (!isWaitedFor || calmUntil < Math.min(first, to + BOUND_MS + GRACE_MS)) continue;
    judged += 1;
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs <= BOUND_MS + GRACE_MS) continue;
    const details = { nemesis: nemesis.name, ended: new Date(to).toISOString(), tookMs };
    violations.add({ invariant: 5, what: 'work did not resume soon after its hindrance was gone', details });
  }
  return { judged, slowestMs };
}
