import { EventEmitter } from 'node:events';

/** The outcome of a block's job, as a label of `embedding_total`. */
export const OUTCOME_LABELS = ['completed', 'superseded', 'skipped', 'gone', 'unchanged'] as const;
export type OutcomeLabel = (typeof OUTCOME_LABELS)[number];

/** Why a job was handed back without counting an attempt. */
export const REQUEUE_REASONS = ['locked', 'shutdown', 'superseded', 'outage', 'timeout'] as const;
export type RequeueReason = (typeof REQUEUE_REASONS)[number];

/** The events that the parts emit, for metrics and tests. A part never waits for a listener. */
export interface EventMap {
  /** Jobs settled in one transaction. */
  settled: [{ outcome: OutcomeLabel; count: number }];
  /** Vectors committed for jobs of one priority; the latency counts from each job's `since`. */
  stored: [{ priority: 'live' | 'backlog'; latenciesMs: readonly number[] }];
  /** A block's own failure. Final: it was dead-lettered. Otherwise it waits for a retry. */
  failed: [{ reason: string; final: boolean }];
  requeued: [{ reason: RequeueReason; count: number }];
  /** Jobs whose attempt another worker had taken over before they were settled. */
  lost: [{ count: number }];
  /** Jobs in the queue that are not ours. */
  unreadable: [{ count: number }];
  /** Jobs recovered from a worker that crashed or froze. */
  crash: [{ count: number }];
  /** One request to Ollama. */
  request: [{ seconds: number; texts: number; ok: boolean }];
  /** What a request costs the server, as far as it has been learned. */
  'request-cost': [{ fixedMs: number; textMs: number }];
  /** The number of texts in a backlog request has changed. */
  'request-size': [{ texts: number }];
  /** A request to Ollama was lost after this time, and its texts are sent again. */
  'lost-request': [{ seconds: number; texts: number }];
  /** A text was longer than the model's context and was embedded in parts. */
  split: [{ parts: number }];
  /** The gate closed because the model's server fails, or opened again. */
  gate: [{ open: boolean }];
  /** The error code that keeps the gate closed: emitted after it closed, and when a probe fails for another reason. */
  'gate-reason': [{ reason: string }];
  /** The error code for which all work is held, because the database is unusable. null: the hold has ended. */
  hold: [{ reason: string | null }];
  /** Whether the listening session receives notifications. */
  listening: [{ up: boolean }];
  leading: [{ leader: boolean }];
  /** A sweep finished. */
  swept: [
    {
      enqueued: number;
      reset: number;
      cleared: number;
      left: number;
      seconds: number;
    },
  ];
  /** The share of the sweep in progress that is done, from 0 to 1. */
  'sweep-progress': [{ share: number }];
  /** Blocks that a sweep had left were enqueued; `left` still wait for capacity. */
  filled: [{ enqueued: number; left: number }];
  /** Notified blocks were enqueued, or raised to the front if they already waited in the backlog. */
  bridged: [{ notified: number; enqueued: number; raised: number }];
  /** One of our own writes fired the API's trigger. */
  'trigger-loop': [{ processId: number }];
}

export type Events = EventEmitter<EventMap>;

export function createEvents(): Events {
  return new EventEmitter<EventMap>();
}
