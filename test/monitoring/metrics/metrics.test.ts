import { jest } from '@jest/globals';
import { createEvents, type Events } from '../../../src/telemetry/events.js';
import { createMetrics } from '../../../src/monitoring/metrics/create-metrics.js';
import type { LiveJobs } from '../../../src/queue/live-jobs.js';
import { metricIn, withoutQueue } from '../../support/worker-http.js';

const JOBS: LiveJobs = {
  created: 4,
  retry: 2,
  active: 1,
  deadLetters: 3,
  oldestSeconds: { live: 61.5, backlog: null },
};

describe('the metrics', () => {
  let events: Events;
  let text: () => Promise<string>;
  let readLiveJobs: () => Promise<LiveJobs>;
  beforeEach(() => {
    events = createEvents();
    readLiveJobs = () => Promise.resolve(JOBS);
    const registry = createMetrics({
      events,
      version: '1.2.3',
      queue: 'embed-block',
      readLiveJobs: () => readLiveJobs(),
    });
    text = () => registry.metrics();
  });

  it.each([
    ['embedding_total', 'counter'],
    ['embedding_errors_total', 'counter'],
    ['embedding_duration_seconds', 'histogram'],
    ['embedding_queue_depth', 'gauge'],
  ])('have %s, a %s', async (name, type) => {
    expect(await text()).toMatch(new RegExp(`^# TYPE ${name} ${type}$`, 'm'));
  });

  it.each(['completed', 'superseded', 'skipped', 'gone'])('start at 0 for the outcome %s', async (outcome) => {
    const name = `embedding_total{outcome="${outcome}"}`;
    expect(metricIn(await text(), name)).toBe(0);
    events.emit('settled', { outcome: outcome as 'gone', count: 3 });
    events.emit('settled', { outcome: outcome as 'gone', count: 2 });
    expect(metricIn(await text(), name)).toBe(5);
  });

  it.each([
    'embedding_errors_total{reason="OLLAMA_NAN"}',
    'embedding_requeues_total{reason="outage"}',
    'embedding_gate_closures_total{reason="OLLAMA_UNREACHABLE"}',
    'embedding_enqueued_total{by="bridge"}',
    'embedding_latency_seconds_count{priority="live"}',
    'embedding_dead_lettered_total',
    'embedding_crashes_total',
    'embedding_trigger_loops_total',
  ])('have %s from the start, so that the first event is an increase', async (name) => {
    expect(metricIn(await text(), name)).toBe(0);
  });

  it('count failures by reason, and separately as dead-lettered or retried', async () => {
    events.emit('failed', { reason: 'OLLAMA_NAN', final: false });
    events.emit('failed', { reason: 'OLLAMA_NAN', final: true });
    const metrics = await text();
    expect(metricIn(metrics, 'embedding_errors_total{reason="OLLAMA_NAN"}')).toBe(2);
    expect(metricIn(metrics, 'embedding_dead_lettered_total')).toBe(1);
    expect(metricIn(metrics, 'embedding_retries_total')).toBe(1);
  });

  it('measure the duration, the texts and the failures of requests', async () => {
    events.emit('request', { seconds: 0.25, texts: 10, ok: true });
    events.emit('request', { seconds: 0.5, texts: 1, ok: false });
    const metrics = await text();
    expect(metricIn(metrics, 'embedding_duration_seconds_sum')).toBe(0.75);
    expect(metricIn(metrics, 'embedding_duration_seconds_count')).toBe(2);
    expect(metricIn(metrics, 'embedding_duration_seconds_bucket{le="0.25"}')).toBe(1);
    expect(metricIn(metrics, 'embedding_request_texts_sum')).toBe(11);
    expect(metricIn(metrics, 'embedding_request_failures_total')).toBe(1);
  });

  it('have a bucket for a cold model load that takes the whole default timeout', async () => {
    events.emit('request', { seconds: 299, texts: 1, ok: true });
    expect(metricIn(await text(), 'embedding_duration_seconds_bucket{le="300"}')).toBe(1);
  });

  it('measure how long blocks waited, in seconds, with edits and backlog apart', async () => {
    events.emit('stored', { priority: 'live', latenciesMs: [20, 1_000] });
    events.emit('stored', { priority: 'backlog', latenciesMs: [7_000] });
    const metrics = await text();
    expect(metricIn(metrics, 'embedding_latency_seconds_sum{priority="live"}')).toBeCloseTo(1.02);
    expect(metricIn(metrics, 'embedding_latency_seconds_count{priority="live"}')).toBe(2);
    expect(metricIn(metrics, 'embedding_latency_seconds_sum{priority="backlog"}')).toBe(7);
  });

  it('count jobs handed back by reason, and crashes, lost requests, splits and trigger loops', async () => {
    events.emit('requeued', { reason: 'shutdown', count: 4 });
    events.emit('crash', { count: 2 });
    events.emit('lost-request', { seconds: 12, texts: 10 });
    events.emit('split', { parts: 3 });
    events.emit('trigger-loop', { processId: 1 });
    const metrics = await text();
    expect(metricIn(metrics, 'embedding_requeues_total{reason="shutdown"}')).toBe(4);
    expect(metricIn(metrics, 'embedding_crashes_total')).toBe(2);
    expect(metricIn(metrics, 'embedding_lost_requests_total')).toBe(1);
    expect(metricIn(metrics, 'embedding_split_texts_total')).toBe(1);
    expect(metricIn(metrics, 'embedding_trigger_loops_total')).toBe(1);
  });

  it('count enqueued blocks, by the part that found them', async () => {
    events.emit('bridged', { notified: 9, enqueued: 4, raised: 2 });
    events.emit('swept', { enqueued: 5, reset: 0, cleared: 0, left: 0, seconds: 0.1 });
    events.emit('filled', { enqueued: 3, left: 0 });
    const metrics = await text();
    expect(metricIn(metrics, 'embedding_enqueued_total{by="bridge"}')).toBe(6);
    expect(metricIn(metrics, 'embedding_enqueued_total{by="sweep"}')).toBe(8);
  });

  it('show how far the sweep is, while this replica leads', async () => {
    events.emit('sweep-progress', { share: 0.25 });
    expect(metricIn(await text(), 'embedding_sweep_progress')).toBe(0.25);
    events.emit('leading', { leader: false });
    expect(metricIn(await text(), 'embedding_sweep_progress')).toBe(0);
  });

  it.each([
    [
      'embedding_listener_up',
      () => events.emit('listening', { up: true }),
      () => events.emit('listening', { up: false }),
    ],
    [
      'embedding_leader',
      () => events.emit('leading', { leader: true }),
      () => events.emit('leading', { leader: false }),
    ],
    ['embedding_gate_open', () => events.emit('gate', { open: true }), () => events.emit('gate', { open: false })],
  ])('show the current state in %s', async (name, on, off) => {
    on();
    expect(metricIn(await text(), name)).toBe(1);
    off();
    expect(metricIn(await text(), name)).toBe(0);
  });

  it('name the reason for a closed gate while it is closed', async () => {
    const series = async () =>
      [...withoutQueue(await text()).matchAll(/^embedding_gate_reason\{reason="(.*)"\} 1$/gm)].map(
        ([, reason]) => reason,
      );
    expect(await series()).toEqual([]);
    events.emit('gate', { open: false });
    events.emit('gate-reason', { reason: 'OLLAMA_UNREACHABLE' });
    expect(await series()).toEqual(['OLLAMA_UNREACHABLE']);
    events.emit('gate-reason', { reason: 'OLLAMA_MODEL_MISSING' });
    expect(await series()).toEqual(['OLLAMA_MODEL_MISSING']);
    events.emit('gate', { open: true });
    expect(await series()).toEqual([]);
  });

  it('count each closure of the gate once, by its first reason', async () => {
    for (const reason of ['OLLAMA_BUSY', 'OLLAMA_UNREACHABLE']) {
      events.emit('gate', { open: false });
      events.emit('gate-reason', { reason });
      events.emit('gate-reason', { reason: 'OLLAMA_MODEL_MISSING' });
      events.emit('gate', { open: true });
    }
    const metrics = await text();
    const closures = (reason: string) => metricIn(metrics, `embedding_gate_closures_total{reason="${reason}"}`);
    expect(['OLLAMA_BUSY', 'OLLAMA_UNREACHABLE', 'OLLAMA_MODEL_MISSING'].map(closures)).toEqual([1, 1, 0]);
  });

  it('name the versions', async () => {
    expect(metricIn(await text(), `embedding_build_info{version="1.2.3",node="${process.version}"}`)).toBe(1);
  });

  describe('of the queue', () => {
    const QUEUE_GAUGES = [
      ['embedding_jobs{state="created"}', 4],
      ['embedding_jobs{state="retry"}', 2],
      ['embedding_jobs{state="active"}', 1],
      ['embedding_queue_depth', 7],
      ['embedding_oldest_waiting_seconds{priority="live"}', 61.5],
      ['embedding_oldest_waiting_seconds{priority="backlog"}', 0],
      ['embedding_dead_letters', 3],
    ] as const;

    it.each(QUEUE_GAUGES)('show %s as read from the database', async (name, value) => {
      expect(metricIn(await text(), name)).toBe(value);
    });

    it('add the blocks that the last sweep left without a job, while this replica leads', async () => {
      events.emit('swept', { enqueued: 1, reset: 0, cleared: 0, left: 5, seconds: 0.1 });
      expect(metricIn(await text(), 'embedding_queue_depth')).toBe(12);
      expect(metricIn(await text(), 'embedding_unqueued_blocks')).toBe(5);
      events.emit('filled', { enqueued: 2, left: 3 });
      expect(metricIn(await text(), 'embedding_unqueued_blocks')).toBe(3);
    });

    it('forget these blocks when another replica leads', async () => {
      events.emit('swept', { enqueued: 1, reset: 0, cleared: 0, left: 5, seconds: 0.1 });
      events.emit('leading', { leader: false });
      expect(metricIn(await text(), 'embedding_queue_depth')).toBe(7);
      expect(metricIn(await text(), 'embedding_unqueued_blocks')).toBe(0);
    });

    it.each([
      ['fails', () => Promise.reject<LiveJobs>(new Error('away'))],
      ['hangs', () => new Promise<LiveJobs>(() => undefined)],
    ])('are absent while the database %s, unlike other metrics', async (_, away) => {
      readLiveJobs = away;
      const metrics = await text();
      for (const [name] of QUEUE_GAUGES) expect([name, metricIn(metrics, name)]).toEqual([name, undefined]);
      expect(metricIn(metrics, 'embedding_queue_readable')).toBe(0);
      expect(metricIn(metrics, 'embedding_total{outcome="completed"}')).toBe(0);
    });

    it('return when the database answers again', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
      try {
        readLiveJobs = () => Promise.reject(new Error('away'));
        expect(metricIn(await text(), 'embedding_queue_readable')).toBe(0);
        readLiveJobs = () => Promise.resolve(JOBS);
        jest.advanceTimersByTime(1_000);
        const metrics = await text();
        expect(metricIn(metrics, 'embedding_queue_readable')).toBe(1);
        expect(metricIn(metrics, 'embedding_queue_depth')).toBe(7);
      } finally {
        jest.useRealTimers();
      }
    });
  });
});
