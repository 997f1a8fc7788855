import type { PassState } from '../../leader/pass-state.js';
import { counted, duration, percent } from '../../terminal/output.js';

/** How far the leader's sweep is. @param at the time of the snapshot, ISO 8601 */
export function sweepLine({ share, throughIndex, lastAt, lastSeconds, left }: PassState, at: string): string {
  const where = throughIndex ? ' through the index' : '';
  const running = share === null ? [] : [`${percent(share)} of a pass${where} done`];
  const since = Math.max(0, (Date.parse(at) - Date.parse(lastAt ?? at)) / 1000);
  const last =
    lastAt === null
      ? 'no complete one since this leader was elected'
      : `last complete pass${share === null ? where : ''} ${duration(since)} ago, in ${duration(lastSeconds ?? 0)}`;
  const waiting = left === 0 ? [] : [`left ${counted(left, 'block')} for later`];
  return [...running, last, ...waiting].join('; ');
}
