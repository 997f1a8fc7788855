import { Counter, Histogram, type Registry } from 'prom-client';
import { OUTCOME_LABELS, REQUEUE_REASONS, type Events } from '../../telemetry/events.js';
import { bounded, FAILURE_REASONS } from './reasons.js';

/** From an edit that found an empty queue to one that waited for an outage to end. */
const LATENCY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200];

/**
 * Counts the outcomes of blocks and jobs. Each series starts at 0, because Prometheus sees no increase in a series that
 * first appears with 1.
 */
export function countBlocks(registry: Registry, events: Events): void {
  const registers = [registry];
  const total = new Counter({
    name: 'embedding_total',
    help: 'Blocks settled, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of OUTCOME_LABELS) total.inc({ outcome }, 0);
  events.on('settled', ({ outcome, count }) => {
    total.inc({ outcome }, count);
  });

  const latency = new Histogram({
    name: 'embedding_latency_seconds',
    help: 'Time until the vector is stored, from when the edit was noticed (live) or a sweep or backfill found the block (backlog)',
    labelNames: ['priority'],
    buckets: LATENCY_BUCKETS,
    registers,
  });
  for (const priority of ['live', 'backlog']) latency.zero({ priority });
  events.on('stored', ({ priority, latenciesMs }) => {
    for (const ms of latenciesMs) latency.observe({ priority }, ms / 1000);
  });
  countFailures(registry, events);

  const requeues = new Counter({
    name: 'embedding_requeues_total',
    help: 'Jobs handed back without counting an attempt, by reason',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of REQUEUE_REASONS) requeues.inc({ reason }, 0);
  events.on('requeued', ({ reason, count }) => {
    requeues.inc({ reason }, count);
  });

  const lost = new Counter({
    name: 'embedding_lost_attempts_total',
    help: 'Attempts that another worker took over before they were settled; nothing was written',
    registers,
  });
  events.on('lost', ({ count }) => {
    lost.inc(count);
  });

  const crashes = new Counter({
    name: 'embedding_crashes_total',
    help: 'Jobs recovered from a worker that crashed or froze',
    registers,
  });
  events.on('crash', ({ count }) => {
    crashes.inc(count);
  });
}

function countFailures(registry: Registry, events: Events): void {
  const registers = [registry];
  const errors = new Counter({
    name: 'embedding_errors_total',
    help: 'Failures caused by the block itself, by reason, and unreadable jobs',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of FAILURE_REASONS) errors.inc({ reason }, 0);
  const deadLettered = new Counter({
    name: 'embedding_dead_lettered_total',
    help: 'Blocks that failed permanently and ended in error',
    registers,
  });
  const retries = new Counter({
    name: 'embedding_retries_total',
    help: 'Failures after which the block waits for a retry',
    registers,
  });
  events.on('unreadable', ({ count }) => {
    errors.inc({ reason: 'UNREADABLE' }, count);
  });
  events.on('failed', ({ reason, final }) => {
    errors.inc({ reason: bounded(FAILURE_REASONS, reason) });
    (final ? deadLettered : retries).inc();
  });
}
