import { Registry } from 'prom-client';
import type { Events } from '../../telemetry/events.js';
import type { LiveJobs } from '../../queue/live-jobs.js';
import { countBlocks } from './blocks.js';
import { MetricFactory } from './metric-factory.js';
import { watchPauses } from './pauses.js';
import { measureQueue } from './queue.js';
import { watchReplica } from './replica.js';
import { measureRequests } from './requests.js';
import { measureRuntime } from './runtime.js';

export interface MetricsOptions {
  readonly events: Events;
  readonly version: string;
  /** The queue's name, a label of every metric: several Deployments may work on the same tables. */
  readonly queue: string;
  /** Called by scrapes, once a second at most. */
  readonly readLiveJobs: () => Promise<LiveJobs>;
}

/**
 * Turns the events of the parts into Prometheus metrics. docs/metrics.md lists them and says how to aggregate them over
 * replicas. No label contains the id, text or name of a block, and each has a fixed set of values.
 */
export function createMetrics({ events, version, queue, readLiveJobs }: MetricsOptions): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ queue });
  const metrics = new MetricFactory(registry);
  countBlocks(metrics, events);
  measureRequests(metrics, events);
  watchPauses(metrics, events);
  measureQueue(metrics, events, readLiveJobs);
  watchReplica(metrics, events, version);
  measureRuntime(registry);
  return registry;
}
