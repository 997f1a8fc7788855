import { OUTCOME_LABELS, REQUEUE_REASONS, type Events } from '../../telemetry/events.js';
import type { MetricFactory } from './metric-factory.js';
import { bounded, FAILURE_REASONS } from './reasons.js';

/** From an edit that found an empty queue to one that waited for an outage to end. */
const LATENCY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200];

/** Counts the outcomes of blocks and jobs. */
export function countBlocks(metrics: MetricFactory, events: Events): void {
  const total = metrics.counter('embedding_total', 'Blocks settled, by outcome', { outcome: OUTCOME_LABELS });
  events.on('settled', ({ outcome, count }) => {
    total.inc({ outcome }, count);
  });
  const latency = metrics.histogram(
    'embedding_latency_seconds',
    'Time until the vector is stored, from when the edit was noticed (live) or a sweep or backfill found the block (backlog)',
    LATENCY_BUCKETS,
    { priority: ['live', 'backlog'] },
  );
  events.on('stored', ({ priority, latenciesMs }) => {
    for (const ms of latenciesMs) latency.observe({ priority }, ms / 1000);
  });
  countFailures(metrics, events);

  const requeues = metrics.counter(
    'embedding_requeues_total',
    'Jobs handed back without counting an attempt, by reason',
    { reason: REQUEUE_REASONS },
  );
  events.on('requeued', ({ reason, count }) => {
    requeues.inc({ reason }, count);
  });
  const lost = metrics.counter(
    'embedding_lost_attempts_total',
    'Attempts that another worker took over before they were settled; nothing was written',
  );
  events.on('lost', ({ count }) => {
    lost.inc(count);
  });
  const crashes = metrics.counter('embedding_crashes_total', 'Jobs recovered from a worker that crashed or froze');
  events.on('crash', ({ count }) => {
    crashes.inc(count);
  });
}

function countFailures(metrics: MetricFactory, events: Events): void {
  const errors = metrics.counter(
    'embedding_errors_total',
    'Failures caused by the block itself, by reason, and unreadable jobs',
    { reason: FAILURE_REASONS },
  );
  const deadLettered = metrics.counter(
    'embedding_dead_lettered_total',
    'Blocks that failed permanently and ended in error',
  );
  const retries = metrics.counter('embedding_retries_total', 'Failures after which the block waits for a retry');
  events.on('unreadable', ({ count }) => {
    errors.inc({ reason: 'UNREADABLE' }, count);
  });
  events.on('failed', ({ reason, final }) => {
    errors.inc({ reason: bounded(FAILURE_REASONS, reason) });
    (final ? deadLettered : retries).inc();
  });
}
