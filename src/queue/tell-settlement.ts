import type { Events } from '../events.js';
import type { Logger } from '../logger.js';
import { PRIORITY } from './job.js';
import type { Settlement } from './settle.js';

/** Tells what became of a batch's blocks, once it is committed. */
export function tellSettlement(
  { completed, skipped, superseded, failed }: Settlement,
  { events, log }: { readonly events: Events; readonly log: Logger },
): void {
  const now = Date.now();
  for (const [priority, jobs] of Map.groupBy(completed, ({ data }) => data.priority)) {
    const latenciesMs = jobs.map(({ data }) => Math.max(0, now - Date.parse(data.since)));
    events.emit('stored', { priority: priority === PRIORITY.live ? 'live' : 'backlog', latenciesMs });
  }
  for (const [outcome, jobs] of [
    ['completed', completed],
    ['skipped', skipped],
    ['superseded', superseded],
  ] as const) {
    if (jobs.length > 0) events.emit('settled', { outcome, count: jobs.length });
  }
  if (superseded.length > 0) events.emit('requeued', { reason: 'superseded', count: superseded.length });
  for (const { job, reason, final } of failed) {
    events.emit('failed', { reason, final });
    log.warn(final ? 'a block failed for good and was set aside' : 'a block failed and waits for its next try', {
      blockId: job.data.blockId,
      reason,
    });
  }
}
