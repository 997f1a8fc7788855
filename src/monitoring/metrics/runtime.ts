import { collectDefaultMetrics, type Registry } from 'prom-client';

/** Left out: gauges of handles and requests that are named like counters and use deprecated functions of Node. */
const LEFT_OUT = /^nodejs_active_/;

/** Metrics of Node itself: CPU time, memory, garbage collection, event loop lag. */
export function measureRuntime(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const { name } of registry.getMetricsAsArray()) {
    if (LEFT_OUT.test(name)) registry.removeSingleMetric(name);
  }
}
