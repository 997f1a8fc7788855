import type { MetricFactory } from './metric-factory.js';
import type { Events } from '../../telemetry/events.js';
import { bounded, HOLD_REASONS } from './reasons.js';

/** The parts of the work that can be paused. A hold pauses both. */
const PARTS = ['backlog', 'live'] as const;
/** The reason of a pause that somebody asked for. Alerts leave it out. */
const REQUESTED = 'requested';

/** Whether work is paused, and why. */
export function watchPauses(metrics: MetricFactory, events: Events): void {
  const paused = metrics.gauge(
    'embedding_paused',
    '1 for each part of the work that is paused, with the reason; no series while nothing is paused',
    ['part', 'reason'],
  );
  let hold: string | null = null;
  let requested: readonly string[] = [];
  const show = () => {
    paused.reset();
    for (const part of hold === null ? [] : PARTS) paused.set({ part, reason: bounded(HOLD_REASONS, hold ?? '') }, 1);
    for (const part of requested) paused.set({ part, reason: REQUESTED }, 1);
  };
  events.on('hold', ({ reason }) => {
    hold = reason;
    show();
  });
  events.on('pause', ({ parts }) => {
    requested = parts;
    show();
  });
}
