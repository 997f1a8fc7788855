import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Events } from './events.js';

export interface MetricsOptions {
  readonly events: Events;
  readonly version: string;
  /** Live jobs, asked for at each scrape. */
  readonly countLive: () => Promise<number>;
}

/** From a short text on a warm model to a cold load of it: seconds. */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
/** From an edit that nothing was before, to one that waited for an outage. */
const LATENCY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200];
const TEXTS_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200];

/** The depth is asked of the database at most so often, however many scrape. */
const DEPTH_CACHE_MS = 1_000;

/** Turns the events of the parts into Prometheus metrics. No id, text or name of a block is ever a label. */
export function createMetrics({ events, version, countLive }: MetricsOptions): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const total = new Counter({
    name: 'embedding_total',
    help: 'Blocks settled, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['completed', 'superseded', 'skipped', 'gone']) total.inc({ outcome }, 0);
  events.on('settled', ({ outcome, count }) => {
    total.inc({ outcome }, count);
  });

  const errors = new Counter({
    name: 'embedding_errors_total',
    help: 'Failures that were a block’s own, by reason',
    labelNames: ['reason'],
    registers,
  });
  const setAside = new Counter({
    name: 'embedding_set_aside_total',
    help: 'Blocks that ended in error',
    registers,
  });
  events.on('failed', ({ reason, final }) => {
    errors.inc({ reason });
    if (final) setAside.inc();
  });

  const duration = new Histogram({
    name: 'embedding_duration_seconds',
    help: 'Duration of one request to Ollama',
    buckets: REQUEST_BUCKETS,
    registers,
  });
  const texts = new Histogram({
    name: 'embedding_request_texts',
    help: 'Texts in one request to Ollama',
    buckets: TEXTS_BUCKETS,
    registers,
  });
  const failedRequests = new Counter({
    name: 'embedding_request_failures_total',
    help: 'Requests to Ollama without usable vectors',
    registers,
  });
  events.on('request', (request) => {
    duration.observe(request.seconds);
    texts.observe(request.texts);
    if (!request.ok) failedRequests.inc();
  });

  const latency = new Histogram({
    name: 'embedding_latency_seconds',
    help: 'From the edit noticed to its vector stored',
    buckets: LATENCY_BUCKETS,
    registers,
  });
  events.on('stored', ({ latenciesMs }) => {
    for (const ms of latenciesMs) latency.observe(ms / 1000);
  });

  const requeues = new Counter({
    name: 'embedding_requeues_total',
    help: 'Jobs handed back at no cost, by reason',
    labelNames: ['reason'],
    registers,
  });
  events.on('requeued', ({ reason, count }) => {
    requeues.inc({ reason }, count);
  });
  const retries = new Counter({
    name: 'embedding_retries_total',
    help: 'Failed blocks that wait for another try',
    registers,
  });
  events.on('failed', ({ final }) => {
    if (!final) retries.inc();
  });
  const deaths = new Counter({
    name: 'embedding_deaths_total',
    help: 'Jobs that came back from a worker that died or froze',
    registers,
  });
  events.on('death', ({ count }) => {
    deaths.inc(count);
  });
  const splits = new Counter({
    name: 'embedding_split_texts_total',
    help: 'Texts longer than the model’s context, embedded in parts',
    registers,
  });
  events.on('split', () => {
    splits.inc();
  });
  const loops = new Counter({
    name: 'embedding_trigger_loops_total',
    help: 'Writes of our own that fired the trigger on blocks',
    registers,
  });
  events.on('loop', () => {
    loops.inc();
  });

  const listening = new Gauge({
    name: 'embedding_listener_up',
    help: '1 while the session that listens is open',
    registers,
  });
  events.on('listening', ({ up }) => {
    listening.set(up ? 1 : 0);
  });
  const gate = new Gauge({
    name: 'embedding_gate_open',
    help: '0 while work is held because Ollama fails',
    registers,
  });
  gate.set(1);
  events.on('gate', ({ open }) => {
    gate.set(open ? 1 : 0);
  });
  const leading = new Gauge({
    name: 'embedding_bridge_leader',
    help: '1 while this replica bridges and sweeps',
    registers,
  });
  events.on('leading', ({ leader }) => {
    leading.set(leader ? 1 : 0);
  });
  const sweep = new Histogram({
    name: 'embedding_sweep_seconds',
    help: 'Duration of one sweep',
    buckets: [0.01, 0.05, 0.25, 1, 5, 30],
    registers,
  });
  let left = 0;
  events.on('swept', (swept) => {
    left = swept.left;
    sweep.observe(swept.seconds);
  });
  events.on('leading', ({ leader }) => {
    if (!leader) left = 0; // the new leader counts them now
  });

  let depthAt = Number.NEGATIVE_INFINITY;
  new Gauge({
    name: 'embedding_queue_depth',
    help: 'Live jobs, and on the leader the pending blocks its last sweep left for later: aggregate with max',
    registers,
    async collect() {
      if (performance.now() - depthAt < DEPTH_CACHE_MS) return;
      depthAt = performance.now();
      try {
        this.set((await countLive()) + left);
      } catch {
        this.remove(); // unknown is not 0: while the database is away there is no depth to tell
      }
    },
  });
  new Gauge({
    name: 'embedding_build_info',
    help: 'Always 1',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.version }, 1);
  return registry;
}
