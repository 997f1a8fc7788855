import type { MetricFactory } from './metric-factory.js';
import type { Events } from '../../telemetry/events.js';
import { bounded, HOLD_REASONS } from './reasons.js';

/** The parts of the work that can be paused. A hold pauses both. */
const PARTS = ['backlog', 'live'] as const;

/** Whether work is paused, and why. */
export function watchPauses(metrics: MetricFactory, events: Events): void {
  const paused = metrics.gauge(
    'embedding_paused',
    '1 for each part of the work that is paused, with the reason; no series while nothing is paused',
    ['part', 'reason'],
  );
  events.on('hold', (hold) => {
    paused.reset();
    if (hold.reason === null) return;
    const reason = bounded(HOLD_REASONS, hold.reason);
    for (const part of PARTS) paused.set({ part, reason }, 1);
  });
}
