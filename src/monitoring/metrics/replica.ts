import type { MetricFactory } from './metric-factory.js';
import type { Events } from '../../telemetry/events.js';

/** What this process is, and whether it is the leader. */
export function watchReplica(metrics: MetricFactory, events: Events, version: string): void {
  const listening = metrics.gauge(
    'embedding_listener_up',
    '1 while the listening session is open and notifications arrive',
  );
  events.on('listening', ({ up }) => {
    listening.set(up ? 1 : 0);
  });
  const leading = metrics.gauge(
    'embedding_leader',
    '1 while this replica is the leader, which runs the bridge and the sweep',
  );
  events.on('leading', ({ leader }) => {
    leading.set(leader ? 1 : 0);
  });
  const loops = metrics.counter(
    'embedding_trigger_loops_total',
    'The worker’s own writes that fired the trigger on blocks',
  );
  events.on('trigger-loop', () => {
    loops.inc();
  });
  metrics
    .gauge('embedding_build_info', 'Always 1; the labels hold the versions of the program and of Node', [
      'version',
      'node',
    ])
    .set({ version, node: process.version }, 1);
}
