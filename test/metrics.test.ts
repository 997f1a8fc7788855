import { createEvents, type Events } from '../src/events.js';
import { createMetrics } from '../src/metrics.js';
import { metricIn } from './support/worker-http.js';

describe('the metrics', () => {
  let events: Events;
  let text: () => Promise<string>;
  let countLive: () => Promise<number>;
  beforeEach(() => {
    events = createEvents();
    countLive = () => Promise.resolve(7);
    const registry = createMetrics({ events, version: '1.2.3', countLive: () => countLive() });
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

  it.each(['completed', 'superseded', 'skipped', 'gone'])('count from 0 for the outcome %s', async (outcome) => {
    const name = `embedding_total{outcome="${outcome}"}`;
    expect(metricIn(await text(), name)).toBe(0);
    events.emit('settled', { outcome: outcome as 'gone', count: 3 });
    events.emit('settled', { outcome: outcome as 'gone', count: 2 });
    expect(metricIn(await text(), name)).toBe(5);
  });

  it('count failures by reason, and apart those that are final and those that are tried again', async () => {
    events.emit('failed', { reason: 'OLLAMA_NAN', final: false });
    events.emit('failed', { reason: 'OLLAMA_NAN', final: true });
    const metrics = await text();
    expect(metricIn(metrics, 'embedding_errors_total{reason="OLLAMA_NAN"}')).toBe(2);
    expect(metricIn(metrics, 'embedding_set_aside_total')).toBe(1);
    expect(metricIn(metrics, 'embedding_retries_total')).toBe(1);
  });

  it('tell the time, the texts and the failures of requests', async () => {
    events.emit('request', { seconds: 0.25, texts: 10, ok: true });
    events.emit('request', { seconds: 0.5, texts: 1, ok: false });
    const metrics = await text();
    expect(metricIn(metrics, 'embedding_duration_seconds_sum')).toBe(0.75);
    expect(metricIn(metrics, 'embedding_duration_seconds_count')).toBe(2);
    expect(metricIn(metrics, 'embedding_duration_seconds_bucket{le="0.25"}')).toBe(1);
    expect(metricIn(metrics, 'embedding_request_texts_sum')).toBe(11);
    expect(metricIn(metrics, 'embedding_request_failures_total')).toBe(1);
  });

  it('tell how long edits waited, in seconds', async () => {
    events.emit('stored', { latenciesMs: [20, 1_000] });
    const metrics = await text();
    expect(metricIn(metrics, 'embedding_latency_seconds_sum')).toBeCloseTo(1.02);
    expect(metricIn(metrics, 'embedding_latency_seconds_count')).toBe(2);
  });

  it('count what was handed back, by reason, and deaths, splits and loops', async () => {
    events.emit('requeued', { reason: 'shutdown', count: 4 });
    events.emit('death', { count: 2 });
    events.emit('split', { parts: 3 });
    events.emit('loop', { processId: 1 });
    const metrics = await text();
    expect(metricIn(metrics, 'embedding_requeues_total{reason="shutdown"}')).toBe(4);
    expect(metricIn(metrics, 'embedding_deaths_total')).toBe(2);
    expect(metricIn(metrics, 'embedding_split_texts_total')).toBe(1);
    expect(metricIn(metrics, 'embedding_trigger_loops_total')).toBe(1);
  });

  it.each([
    [
      'embedding_listener_up',
      () => events.emit('listening', { up: true }),
      () => events.emit('listening', { up: false }),
    ],
    [
      'embedding_bridge_leader',
      () => events.emit('leading', { leader: true }),
      () => events.emit('leading', { leader: false }),
    ],
    ['embedding_gate_open', () => events.emit('gate', { open: true }), () => events.emit('gate', { open: false })],
  ])('say in %s how it stands', async (name, on, off) => {
    on();
    expect(metricIn(await text(), name)).toBe(1);
    off();
    expect(metricIn(await text(), name)).toBe(0);
  });

  it('add what the last sweep left to the live jobs, while this replica leads', async () => {
    events.emit('swept', { enqueued: 1, reset: 0, cleared: 0, left: 5, seconds: 0.1 });
    expect(metricIn(await text(), 'embedding_queue_depth')).toBe(12);
  });

  it('forget what a sweep left when another replica leads', async () => {
    events.emit('swept', { enqueued: 1, reset: 0, cleared: 0, left: 5, seconds: 0.1 });
    events.emit('leading', { leader: false });
    expect(metricIn(await text(), 'embedding_queue_depth')).toBe(7);
  });

  it('have no depth while the database does not tell it', async () => {
    countLive = () => Promise.reject(new Error('away'));
    const metrics = await text();
    expect(metricIn(metrics, 'embedding_queue_depth')).toBeUndefined();
    expect(metricIn(metrics, 'embedding_total{outcome="completed"}')).toBe(0);
  });

  it('ask the database once, however many ask them', async () => {
    let asked = 0;
    countLive = () => Promise.resolve(++asked);
    await Promise.all([text(), text(), text()]);
    await text();
    expect(asked).toBe(1);
  });

  it('name the version', async () => {
    expect(metricIn(await text(), `embedding_build_info{version="1.2.3",node="${process.version}"}`)).toBe(1);
  });
});
