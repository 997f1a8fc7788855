import { Counter, Gauge, type Registry } from 'prom-client';
import type { Events } from '../../telemetry/events.js';

/** What this process is, and whether it is the leader. */
export function watchReplica(registry: Registry, events: Events, version: string): void {
  const registers = [registry];
  const listening = new Gauge({
    name: 'embedding_listener_up',
    help: '1 while the listening session is open and notifications arrive',
    registers,
  });
  events.on('listening', ({ up }) => {
    listening.set(up ? 1 : 0);
  });
  const leading = new Gauge({
    name: 'embedding_leader',
    help: '1 while this replica is the leader, which runs the bridge and the sweep',
    registers,
  });
  events.on('leading', ({ leader }) => {
    leading.set(leader ? 1 : 0);
  });
  const loops = new Counter({
    name: 'embedding_trigger_loops_total',
    help: 'The worker’s own writes that fired the trigger on blocks',
    registers,
  });
  events.on('trigger-loop', () => {
    loops.inc();
  });
  new Gauge({
    name: 'embedding_build_info',
    help: 'Always 1; the labels hold the versions of the program and of Node',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.version }, 1);
}
