import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Events } from '../../telemetry/events.js';
import { bounded, GATE_REASONS } from './reasons.js';

/**
 * From one short text on a loaded model and a good GPU (5 ms) to the default timeout, within which a cold model load must
 * fit (300 s). The steps are finer around tenths of a second, which a text takes on a CPU.
 */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const TEXTS_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200];

/** Requests to Ollama, and the gate in front of them. */
export function measureRequests(registry: Registry, events: Events): void {
  const registers = [registry];
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
  const failures = new Counter({
    name: 'embedding_request_failures_total',
    help: 'Requests to Ollama without usable vectors',
    registers,
  });
  events.on('request', (request) => {
    duration.observe(request.seconds);
    texts.observe(request.texts);
    if (!request.ok) failures.inc();
  });

  const splits = new Counter({
    name: 'embedding_split_texts_total',
    help: 'Texts that were longer than the model’s context and were embedded in parts',
    registers,
  });
  events.on('split', () => {
    splits.inc();
  });
  watchGate(registry, events);
}

function watchGate(registry: Registry, events: Events): void {
  const registers = [registry];
  const isOpen = new Gauge({
    name: 'embedding_gate_open',
    help: '0 while work is held because Ollama fails',
    registers,
  });
  isOpen.set(1);
  const gateReason = new Gauge({
    name: 'embedding_gate_reason',
    help: '1 for the reason why the gate is closed; no series while it is open',
    labelNames: ['reason'],
    registers,
  });
  const closures = new Counter({
    name: 'embedding_gate_closures_total',
    help: 'Times the gate closed, by its first reason, including closures between two scrapes',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of GATE_REASONS) closures.inc({ reason }, 0);
  let justClosed = false;
  events.on('gate', ({ open }) => {
    isOpen.set(open ? 1 : 0);
    justClosed = !open;
    if (open) gateReason.reset();
  });
  events.on('gate-reason', (event) => {
    const reason = bounded(GATE_REASONS, event.reason);
    if (justClosed) closures.inc({ reason });
    justClosed = false;
    gateReason.reset();
    gateReason.set({ reason }, 1);
  });
}
