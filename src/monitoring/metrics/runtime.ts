import { collectDefaultMetrics, type Registry } from 'prom-client';

/** Lists of handles and requests: gauges named like counters, made from what Node calls deprecated. */
const UNFIT = /^nodejs_active_/;

/** Node's own: processor time, memory, garbage collection, lag of the event loop. */
export function measureRuntime(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const { name } of registry.getMetricsAsArray()) {
    if (UNFIT.test(name)) registry.removeSingleMetric(name);
  }
}
