/** Series by name, in promtool's notation: `1x10` is 1 eleven times, `0+2x10` grows by 2, `_` is a scrape without it, and
 * `stale` the first of those, as Prometheus marks it. One value a minute. */
export type Series = Readonly<Record<string, string>>;

export interface AlertCase {
  readonly name: string;
  readonly series: Series;
  /** Looked at then. */
  readonly at: string;
}

/** A case in which an alert fires, and the one next to it in which it does not. */
export interface AlertCases {
  readonly alert: string;
  readonly fires: AlertCase;
  readonly quiet: readonly AlertCase[];
}

const A = 'pod="a",namespace="n",queue="embed-block"';
const B = 'pod="b",namespace="n",queue="embed-block"';
const bucket = (le: string) => `embedding_latency_seconds_bucket{${A},priority="live",le="${le}"}`;
const paused = (part: string, reason = 'requested') => `embedding_paused{${A},part="${part}",reason="${reason}"}`;
const jobFailed = (name: string, condition: string) =>
  `kube_job_failed{namespace="n",job_name="${name}",condition="${condition}"}`;
const verifyJob = (started: string, condition: string) => jobFailed(`embedding-verify-${started}`, condition);
const settled = (outcome: string) => `embedding_total{${A},outcome="${outcome}"}`;

export const ALERT_CASES: readonly AlertCases[] = [
  {
    alert: 'EmbeddingWorkerAbsent',
    fires: {
      name: 'all replicas have been gone for 5 minutes',
      series: { [`embedding_build_info{${A}}`]: '1x5 stale _x20' },
      at: '16m',
    },
    quiet: [
      {
        name: 'one of two is gone',
        series: { [`embedding_build_info{${A}}`]: '1x5 stale _x20', [`embedding_build_info{${B}}`]: '1x30' },
        at: '25m',
      },
      { name: 'a replica restarts', series: { [`embedding_build_info{${A}}`]: '1x5 stale _x3 1x20' }, at: '14m' },
    ],
  },
  {
    alert: 'EmbeddingNoLeader',
    fires: {
      name: 'no replica has led for 5 minutes',
      series: { [`embedding_leader{${A}}`]: '1x5 0x20', [`embedding_leader{${B}}`]: '0x30' },
      at: '12m',
    },
    quiet: [
      {
        name: 'another one leads',
        series: { [`embedding_leader{${A}}`]: '1x5 0x20', [`embedding_leader{${B}}`]: '0x5 1x20' },
        at: '20m',
      },
      { name: 'it takes some minutes', series: { [`embedding_leader{${A}}`]: '1x5 0x3 1x20' }, at: '9m' },
    ],
  },
  {
    alert: 'EmbeddingListenerDown',
    fires: {
      name: 'one of two has had no session for 10 minutes',
      series: { [`embedding_listener_up{${A}}`]: '0x20', [`embedding_listener_up{${B}}`]: '1x20' },
      at: '11m',
    },
    quiet: [{ name: 'it reconnects', series: { [`embedding_listener_up{${A}}`]: '0x8 1x20' }, at: '11m' }],
  },
  {
    alert: 'EmbeddingQueueUnreadable',
    fires: {
      name: 'no replica could read the queue for 5 minutes',
      series: { [`embedding_queue_readable{${A}}`]: '0x20', [`embedding_queue_readable{${B}}`]: '0x20' },
      at: '6m',
    },
    quiet: [
      {
        name: 'one of two can read it',
        series: { [`embedding_queue_readable{${A}}`]: '0x20', [`embedding_queue_readable{${B}}`]: '1x20' },
        at: '15m',
      },
    ],
  },
  {
    alert: 'EmbeddingEditWaits',
    fires: {
      name: 'an edit has waited for more than ten minutes, although only the backlog is paused by request',
      series: {
        [`embedding_oldest_waiting_seconds{${A},priority="live"}`]: '0+60x20',
        [paused('backlog')]: '1x20',
      },
      at: '17m',
    },
    quiet: [
      {
        name: 'it waits for 9 minutes',
        series: { [`embedding_oldest_waiting_seconds{${A},priority="live"}`]: '0+60x9 0x20' },
        at: '17m',
      },
      {
        name: 'a backfill takes hours',
        series: {
          [`embedding_oldest_waiting_seconds{${A},priority="backlog"}`]: '0+60x200',
          [`embedding_oldest_waiting_seconds{${A},priority="live"}`]: '2x200',
        },
        at: '3h',
      },
      {
        name: 'all work was paused by request, and the edits are being worked off',
        series: {
          [`embedding_oldest_waiting_seconds{${A},priority="live"}`]: '0+60x50 0x30',
          [paused('live')]: '1x40 stale _x39',
          [paused('backlog')]: '1x40 stale _x39',
        },
        at: '49m',
      },
    ],
  },
  {
    alert: 'EmbeddingEditsSlow',
    fires: {
      name: 'every tenth edit takes minutes',
      series: { [bucket('60')]: '0+9x60', [bucket('300')]: '0+10x60', [bucket('+Inf')]: '0+10x60' },
      at: '40m',
    },
    quiet: [
      {
        name: 'every hundredth does',
        series: { [bucket('60')]: '0+99x60', [bucket('300')]: '0+100x60', [bucket('+Inf')]: '0+100x60' },
        at: '40m',
      },
      {
        name: 'nobody edits',
        series: { [bucket('60')]: '9x60', [bucket('300')]: '10x60', [bucket('+Inf')]: '10x60' },
        at: '40m',
      },
      {
        name: 'edits waited because all work was paused by request',
        series: {
          [bucket('60')]: '0x60',
          [bucket('300')]: '0x60',
          [bucket('+Inf')]: '0x20 500x40',
          [paused('live')]: '1x20 stale _x39',
        },
        at: '36m',
      },
    ],
  },
  {
    alert: 'EmbeddingNoProgress',
    fires: {
      name: 'blocks wait and none is settled, whatever is handed back, also while the database holds all work',
      series: {
        [paused('live', 'DATABASE_LOCKED')]: '1x60',
        [paused('backlog', 'DATABASE_LOCKED')]: '1x60',
        [`embedding_queue_depth{${A}}`]: '5x60',
        [settled('completed')]: '100x60',
        [settled('superseded')]: '0+5x60',
        [`embedding_errors_total{${A},reason="OLLAMA_NAN"}`]: '0x60',
      },
      at: '25m',
    },
    quiet: [
      {
        name: 'a block is stored now and then',
        series: {
          [`embedding_queue_depth{${A}}`]: '5x60',
          [settled('completed')]: '100x10 101x10 102x10 103x30',
          [`embedding_errors_total{${A},reason="OLLAMA_NAN"}`]: '0x60',
        },
        at: '35m',
      },
      {
        name: 'the waiting blocks fail by their own fault',
        series: {
          [`embedding_queue_depth{${A}}`]: '1x60',
          [settled('completed')]: '100x60',
          [`embedding_errors_total{${A},reason="OLLAMA_NAN"}`]: '0x10 1x10 2x10 3x30',
        },
        at: '35m',
      },
      {
        name: 'the backlog is paused by request',
        series: {
          [`embedding_queue_depth{${A}}`]: '10000x60',
          [settled('completed')]: '100x60',
          [`embedding_errors_total{${A},reason="OLLAMA_NAN"}`]: '0x60',
          [paused('backlog')]: '1x60',
        },
        at: '45m',
      },
      {
        name: 'a pause by request ended a moment ago',
        series: {
          [`embedding_queue_depth{${A}}`]: '10000x60',
          [settled('completed')]: '100x60',
          [`embedding_errors_total{${A},reason="OLLAMA_NAN"}`]: '0x60',
          [paused('backlog')]: '1x30 stale _x29',
        },
        at: '40m',
      },
      {
        name: 'nothing waits',
        series: {
          [`embedding_queue_depth{${A}}`]: '0x60',
          [settled('completed')]: '100x60',
          [`embedding_errors_total{${A},reason="OLLAMA_NAN"}`]: '0x60',
        },
        at: '35m',
      },
    ],
  },
  {
    alert: 'EmbeddingOllamaMisconfigured',
    fires: {
      name: 'the model is missing',
      series: { [`embedding_gate_reason{${A},reason="OLLAMA_MODEL_MISSING"}`]: '1x10' },
      at: '3m',
    },
    quiet: [
      {
        name: 'Ollama is down, which passes without help',
        series: { [`embedding_gate_reason{${A},reason="OLLAMA_UNREACHABLE"}`]: '1x10' },
        at: '9m',
      },
      {
        name: 'the model was just being pulled',
        series: { [`embedding_gate_reason{${A},reason="OLLAMA_MODEL_MISSING"}`]: '1x1 stale _x10' },
        at: '3m',
      },
    ],
  },
  {
    alert: 'EmbeddingGateClosed',
    fires: {
      name: 'one of two has held its work for 10 minutes',
      series: { [`embedding_gate_open{${A}}`]: '0x20', [`embedding_gate_open{${B}}`]: '1x20' },
      at: '11m',
    },
    quiet: [{ name: 'it opened in between', series: { [`embedding_gate_open{${A}}`]: '0x5 1 0x6 1x20' }, at: '11m' }],
  },
  {
    alert: 'EmbeddingPaused',
    fires: {
      name: 'one of two has held all work for 5 minutes',
      series: {
        [`embedding_paused{${A},part="live",reason="SCHEMA_PRIVILEGE"}`]: '1x20',
        [`embedding_paused{${A},part="backlog",reason="SCHEMA_PRIVILEGE"}`]: '1x20',
      },
      at: '6m',
    },
    quiet: [
      {
        name: 'a table was locked for some minutes, twice',
        series: { [`embedding_paused{${A},part="live",reason="DATABASE_LOCKED"}`]: '1x3 stale _x1 1x3 stale _x20' },
        at: '8m',
      },
      {
        name: 'somebody paused all work',
        series: { [paused('live')]: '1x60', [paused('backlog')]: '1x60' },
        at: '30m',
      },
    ],
  },
  {
    alert: 'EmbeddingRequestsFail',
    fires: {
      name: 'a third of the requests fails',
      series: {
        [`embedding_request_failures_total{${A}}`]: '0+10x60',
        [`embedding_duration_seconds_count{${A}}`]: '0+30x60',
      },
      at: '35m',
    },
    quiet: [
      {
        name: 'a tenth does',
        series: {
          [`embedding_request_failures_total{${A}}`]: '0+3x60',
          [`embedding_duration_seconds_count{${A}}`]: '0+30x60',
        },
        at: '35m',
      },
      {
        name: 'nothing is sent',
        series: {
          [`embedding_request_failures_total{${A}}`]: '5x60',
          [`embedding_duration_seconds_count{${A}}`]: '9x60',
        },
        at: '35m',
      },
    ],
  },
  {
    alert: 'EmbeddingBlocksFail',
    fires: {
      name: 'the first block is dead-lettered',
      series: { [`embedding_dead_lettered_total{${A}}`]: '0x5 1x30' },
      at: '8m',
    },
    quiet: [
      { name: 'it was an hour ago', series: { [`embedding_dead_lettered_total{${A}}`]: '0x5 1x90' }, at: '65m' },
      {
        name: 'a block fails and is retried',
        series: { [`embedding_dead_lettered_total{${A}}`]: '0x30', [`embedding_retries_total{${A}}`]: '0+1x30' },
        at: '20m',
      },
    ],
  },
  {
    alert: 'EmbeddingBlocksForgotten',
    fires: {
      name: 'blocks have been in error for a day',
      series: { [`embedding_dead_letters{${A}}`]: '3x1500' },
      at: '24h30m',
    },
    quiet: [
      { name: 'they were requeued', series: { [`embedding_dead_letters{${A}}`]: '3x600 0 1x900' }, at: '24h30m' },
    ],
  },
  {
    alert: 'EmbeddingTriggerLoop',
    fires: {
      name: 'one of the worker’s own writes fires the trigger',
      series: { [`embedding_trigger_loops_total{${A}}`]: '0x5 1x20' },
      at: '8m',
    },
    quiet: [{ name: 'none does', series: { [`embedding_trigger_loops_total{${A}}`]: '0x20' }, at: '8m' }],
  },
  {
    alert: 'EmbeddingWorkersCrash',
    fires: {
      name: 'jobs came back from a crashed worker',
      series: { [`embedding_crashes_total{${A}}`]: '0x5 10x30' },
      at: '8m',
    },
    quiet: [
      {
        name: 'a replica starts',
        series: { [`embedding_crashes_total{${A}}`]: '0x30', [`embedding_crashes_total{${B}}`]: '_x10 0x20' },
        at: '20m',
      },
    ],
  },
  {
    alert: 'EmbeddingStoredVectorsDiffer',
    fires: {
      name: 'the last night’s Job failed',
      series: {
        [verifyJob('29384000', 'true')]: '_x5 1x20',
        [verifyJob('29382560', 'false')]: '1x20',
      },
      at: '8m',
    },
    quiet: [
      { name: 'the Job succeeded', series: { [verifyJob('29384000', 'true')]: '0x20' }, at: '8m' },
      { name: 'another Job failed', series: { [jobFailed('embedding-backfill-x7k2p', 'true')]: '1x20' }, at: '8m' },
      { name: 'the failed Job was deleted', series: { [verifyJob('29384000', 'true')]: '1x10 stale _x20' }, at: '20m' },
    ],
  },
];
