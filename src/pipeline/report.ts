import type { Events, OutcomeLabel } from '../telemetry/events.js';
import type { Logger } from '../telemetry/logger.js';
import type { NewJob } from '../queue/new-job.js';
import { PRIORITY, type EmbedJob } from '../queue/job.js';
import type { Waker } from '../queue/waker.js';
import type { Outcome, OutcomeKind } from './outcome.js';
import type { Settlement } from './settle-jobs.js';

/** The outcomes that `embedding_total` counts, by its labels. */
const LABELS: Readonly<Partial<Record<OutcomeKind, OutcomeLabel>>> = {
  stored: 'completed',
  skipped: 'skipped',
  gone: 'gone',
  unchanged: 'unchanged',
  superseded: 'superseded',
};

/** Added to a job's delay, so that the job is ready when the worker wakes. */
const MARGIN_MS = 10;

/** Reports committed outcomes, and wakes workers for the jobs that were inserted as replacements. */
export function report(
  { outcomes, inserted }: Settlement,
  { events, waker, log }: { readonly events: Events; readonly waker: Waker; readonly log: Logger },
): void {
  const now = Date.now();
  for (const [kind, group] of Map.groupBy(outcomes, ([, outcome]) => outcome.kind)) {
    const jobs = group.map(([job]) => job);
    const label = LABELS[kind];
    if (kind === 'stored') reportLatencies(jobs, now, events);
    if (label !== undefined) events.emit('settled', { outcome: label, count: jobs.length });
    if (kind === 'superseded') events.emit('requeued', { reason: 'superseded', count: jobs.length });
    if (kind === 'lost') events.emit('lost', { count: jobs.length });
    if (kind === 'unreadable') events.emit('unreadable', { count: jobs.length });
    for (const [job, outcome] of group) reportOne(job, outcome, { events, log });
  }
  for (const [, jobs] of Map.groupBy(inserted, (job) => `${job.data.priority} ${job.startAfterSeconds ?? 0}`)) {
    const [{ data, startAfterSeconds = 0 }] = jobs as [NewJob, ...NewJob[]]; // groups are never empty
    if (startAfterSeconds === 0) waker.wake(jobs.length, data.priority);
    else waker.wakeAfter(startAfterSeconds * 1000 + MARGIN_MS, jobs.length, data.priority);
  }
}

function reportLatencies(jobs: readonly EmbedJob[], now: number, events: Events): void {
  for (const [priority, group] of Map.groupBy(jobs, ({ data }) => data.priority)) {
    const latenciesMs = group.map(({ data }) => Math.max(0, now - Date.parse(data.since)));
    events.emit('stored', { priority: priority === PRIORITY.live ? 'live' : 'backlog', latenciesMs });
  }
}

function reportOne(job: EmbedJob, outcome: Outcome, { events, log }: { events: Events; log: Logger }): void {
  switch (outcome.kind) {
    case 'handed-back':
      events.emit('requeued', { reason: outcome.reason, count: 1 });
      log.debug('job handed back', { blockId: job.data.blockId, reason: outcome.reason });
      return;
    case 'retry':
    case 'failed': {
      const final = outcome.kind === 'failed';
      events.emit('failed', { reason: outcome.reason, final });
      log.warn(final ? 'block failed permanently; see: embedding-worker errors' : 'block failed; will retry', {
        blockId: job.data.blockId,
        reason: outcome.reason,
      });
      return;
    }
    case 'unreadable':
      log.warn('completed a job with unreadable data', { jobId: job.id });
      return;
    default:
  }
}
