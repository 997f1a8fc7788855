import type { MetricFactory } from './metric-factory.js';
import type { Events } from '../../telemetry/events.js';
import type { LiveJobs } from '../../queue/live-jobs.js';
import { shareCalls } from '../share-calls.js';

/** However many scrape, the database is read once in this time. */
const KEEP_MS = 1_000;
/** Prometheus waits 10 s by default, for all metrics of a scrape. */
const TIMEOUT_MS = 1_000;
/** From a small table to a pass over a hundred million blocks. */
const SWEEP_BUCKETS = [0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 1800, 7200];

/** The samples of a gauge of the queue; without labels if it has one value. */
type Samples = readonly (readonly [labels: Record<string, string>, value: number])[];

/**
 * The state of the queue, and what was added to it. The gauges are read from the database at scrape time; all replicas
 * report the same value, so aggregate with max. While the database does not answer they are absent: unknown is not 0.
 */
export function measureQueue(metrics: MetricFactory, events: Events, readLiveJobs: () => Promise<LiveJobs>): void {
  const read = shareCalls(readLiveJobs, { keepMs: KEEP_MS, timeoutMs: TIMEOUT_MS });
  const readIfPossible = () => read().catch(() => undefined);
  let unqueued = 0;
  const queueGauge = (name: string, help: string, labelNames: string[], samplesOf: (jobs: LiveJobs) => Samples) =>
    metrics.gauge(name, help, labelNames, async function () {
      const jobs = await readIfPossible();
      if (labelNames.length === 0) this.remove();
      else this.reset();
      for (const [labels, value] of jobs === undefined ? [] : samplesOf(jobs)) this.set(labels, value);
    });
  queueGauge(
    'embedding_queue_depth',
    'Live jobs and, on the leader, the pending blocks that its last sweep left without a job',
    [],
    ({ created, retry, active }) => [[{}, created + retry + active + unqueued]],
  );
  queueGauge('embedding_jobs', 'Live jobs, by state', ['state'], ({ created, retry, active }) => [
    [{ state: 'created' }, created],
    [{ state: 'retry' }, retry],
    [{ state: 'active' }, active],
  ]);
  queueGauge(
    'embedding_oldest_waiting_seconds',
    'Age of the oldest edit (live), or swept or backfilled block (backlog), that waits for its vector; 0 if none waits',
    ['priority'],
    ({ oldestSeconds }) =>
      Object.entries(oldestSeconds).map(([priority, seconds]) => [{ priority }, seconds ?? 0] as const),
  );
  queueGauge('embedding_dead_letters', 'Blocks in error, until they are retried', [], ({ deadLetters }) => [
    [{}, deadLetters],
  ]);
  metrics.gauge(
    'embedding_queue_readable',
    '1 if this scrape could read the queue from the database within a second, otherwise 0',
    [],
    async function () {
      this.set((await readIfPossible()) === undefined ? 0 : 1);
    },
  );

  const enqueued = metrics.counter(
    'embedding_enqueued_total',
    'Blocks enqueued or raised after a notification (bridge) or enqueued by a sweep',
    { by: ['bridge', 'sweep'] },
  );
  events.on('bridged', (bridged) => {
    enqueued.inc({ by: 'bridge' }, bridged.enqueued + bridged.raised);
  });
  const sweep = metrics.histogram('embedding_sweep_duration_seconds', 'Duration of one sweep', SWEEP_BUCKETS);
  const unqueuedBlocks = metrics.gauge(
    'embedding_unqueued_blocks',
    'Pending blocks that the last sweep left without a job because the queue was full; 0 except on the leader',
  );
  const setUnqueued = (blocks: number) => {
    unqueued = blocks;
    unqueuedBlocks.set(blocks);
  };
  events.on('swept', (swept) => {
    setUnqueued(swept.left);
    enqueued.inc({ by: 'sweep' }, swept.enqueued);
    sweep.observe(swept.seconds);
  });
  events.on('filled', (filled) => {
    setUnqueued(filled.left);
    enqueued.inc({ by: 'sweep' }, filled.enqueued);
  });
  const progress = metrics.gauge(
    'embedding_sweep_progress',
    'Share of the running or last sweep that is done, from 0 to 1; 0 except on the leader',
  );
  events.on('sweep-progress', ({ share }) => {
    progress.set(share);
  });
  events.on('leading', ({ leader }) => {
    if (leader) return;
    setUnqueued(0); // the new leader reports them now
    progress.set(0);
  });
}
