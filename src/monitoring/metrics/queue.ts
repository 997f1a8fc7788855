import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Events } from '../../telemetry/events.js';
import type { LiveJobs } from '../../queue/live-jobs.js';
import { shareCalls } from '../share-calls.js';

/** However many scrape, the database is read once in this time. */
const KEEP_MS = 1_000;
/** Prometheus waits 10 s by default, for all metrics of a scrape. */
const TIMEOUT_MS = 1_000;
const SWEEP_BUCKETS = [0.01, 0.05, 0.25, 1, 5, 30];

/** What of the queue a gauge tells; no label where it tells one number. */
type Samples = readonly (readonly [labels: Record<string, string>, value: number])[];

/**
 * How the queue stands, and what went into it. The queue is one for all replicas, and each tells it as the database
 * does at the scrape: aggregate with max. While the database does not tell, there are no such series: unknown is not 0.
 */
export function measureQueue(registry: Registry, events: Events, readLiveJobs: () => Promise<LiveJobs>): void {
  const registers = [registry];
  const read = shareCalls(readLiveJobs, { keepMs: KEEP_MS, timeoutMs: TIMEOUT_MS });
  const readIfPossible = () => read().catch(() => undefined);
  let left = 0;
  const queueGauge = (name: string, help: string, labelNames: string[], samplesOf: (jobs: LiveJobs) => Samples) =>
    new Gauge({
      ...{ name, help, labelNames, registers },
      async collect() {
        const jobs = await readIfPossible();
        if (labelNames.length === 0) this.remove();
        else this.reset();
        for (const [labels, value] of jobs === undefined ? [] : samplesOf(jobs)) this.set(labels, value);
      },
    });
  queueGauge(
    'embedding_queue_depth',
    'Live jobs, and on the leader the pending blocks its last sweep left for later',
    [],
    ({ created, retry, active }) => [[{}, created + retry + active + left]],
  );
  queueGauge('embedding_jobs', 'Live jobs, by state', ['state'], ({ created, retry, active }) => [
    [{ state: 'created' }, created],
    [{ state: 'retry' }, retry],
    [{ state: 'active' }, active],
  ]);
  queueGauge(
    'embedding_oldest_waiting_seconds',
    'Age of the edit (live), or the swept or backfilled block (backlog), that waits longest for its vector; 0 for none',
    ['priority'],
    ({ oldestSeconds }) =>
      Object.entries(oldestSeconds).map(([priority, seconds]) => [{ priority }, seconds ?? 0] as const),
  );
  queueGauge('embedding_dead_letters', 'Blocks in error that wait for a retry', [], ({ deadLetters }) => [
    [{}, deadLetters],
  ]);
  new Gauge({
    name: 'embedding_queue_readable',
    help: '1 where the database told at this scrape, and soon, how the queue stands',
    registers,
    async collect() {
      this.set((await readIfPossible()) === undefined ? 0 : 1);
    },
  });

  const enqueued = new Counter({
    name: 'embedding_enqueued_total',
    help: 'Blocks enqueued or raised because they were notified, and enqueued because a sweep found them',
    labelNames: ['by'],
    registers,
  });
  for (const by of ['bridge', 'sweep']) enqueued.inc({ by }, 0);
  events.on('bridged', (bridged) => {
    enqueued.inc({ by: 'bridge' }, bridged.enqueued + bridged.raised);
  });
  const sweep = new Histogram({
    name: 'embedding_sweep_seconds',
    help: 'Duration of one sweep',
    buckets: SWEEP_BUCKETS,
    registers,
  });
  const leftBlocks = new Gauge({
    name: 'embedding_sweep_left_blocks',
    help: 'Pending blocks that the last sweep left for later, the queue being full; 0 on all but the leader',
    registers,
  });
  const leave = (blocks: number) => {
    left = blocks;
    leftBlocks.set(blocks);
  };
  events.on('swept', (swept) => {
    leave(swept.left);
    enqueued.inc({ by: 'sweep' }, swept.enqueued);
    sweep.observe(swept.seconds);
  });
  events.on('leading', ({ leader }) => {
    if (!leader) leave(0); // the new leader counts them now
  });
}
