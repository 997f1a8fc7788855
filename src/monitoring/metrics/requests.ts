import type { MetricFactory } from './metric-factory.js';
import type { Events } from '../../telemetry/events.js';
import { bounded, GATE_REASONS } from './reasons.js';

/**
 * From one short text on a loaded model and a good GPU (5 ms) to the default timeout, within which a cold model load must
 * fit (300 s). The steps are finer around tenths of a second, which a text takes on a CPU.
 */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const TEXTS_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200];

/** Requests to Ollama, and the gate in front of them. */
export function measureRequests(metrics: MetricFactory, events: Events): void {
  const duration = metrics.histogram(
    'embedding_duration_seconds',
    'Duration of one request to Ollama',
    REQUEST_BUCKETS,
  );
  const texts = metrics.histogram('embedding_request_texts', 'Texts in one request to Ollama', TEXTS_BUCKETS);
  const failures = metrics.counter('embedding_request_failures_total', 'Requests to Ollama without usable vectors');
  events.on('request', (request) => {
    duration.observe(request.seconds);
    texts.observe(request.texts);
    if (!request.ok) failures.inc();
  });

  measureSize(metrics, events);
  const lost = metrics.counter(
    'embedding_lost_requests_total',
    'Requests to Ollama that were lost with their connection and sent again',
  );
  events.on('lost-request', () => {
    lost.inc();
  });

  const splits = metrics.counter(
    'embedding_split_texts_total',
    'Texts that were longer than the model’s context and were embedded in parts',
  );
  events.on('split', () => {
    splits.inc();
  });
  watchGate(metrics, events);
}

function measureSize(metrics: MetricFactory, events: Events): void {
  const size = metrics.gauge('embedding_request_size', 'Texts in one backlog request, learned unless it is set');
  events.on('request-size', ({ texts }) => {
    size.set(texts);
  });
  const fixed = metrics.gauge('embedding_request_fixed_seconds', 'What a request costs the server besides its texts');
  const perText = metrics.gauge('embedding_request_text_seconds', 'What each text of a request costs the server');
  events.on('request-cost', ({ fixedMs, textMs }) => {
    fixed.set(fixedMs / 1000);
    perText.set(textMs / 1000);
  });
}

function watchGate(metrics: MetricFactory, events: Events): void {
  const isOpen = metrics.gauge('embedding_gate_open', '0 while work is held because Ollama fails');
  isOpen.set(1);
  const gateReason = metrics.gauge(
    'embedding_gate_reason',
    '1 for the reason why the gate is closed; no series while it is open',
    ['reason'],
  );
  const closures = metrics.counter(
    'embedding_gate_closures_total',
    'Times the gate closed, by its first reason, including closures between two scrapes',
    { reason: GATE_REASONS },
  );
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
