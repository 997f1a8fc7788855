import { EventEmitter } from 'node:events';

/** How a block's job ended, as `embedding_total` counts it. */
export const OUTCOME_LABELS = ['completed', 'superseded', 'skipped', 'gone', 'unchanged'] as const;
export type OutcomeLabel = (typeof OUTCOME_LABELS)[number];

/** Why a job was handed back without costing it anything. */
export const REQUEUE_REASONS = ['locked', 'shutdown', 'superseded', 'outage', 'timeout'] as const;
export type RequeueReason = (typeof REQUEUE_REASONS)[number];

/** What the parts tell; metrics and tests listen. A part never waits for a listener. */
export interface EventMap {
  /** Jobs settled in one transaction. */
  settled: [{ outcome: OutcomeLabel; count: number }];
  /** Vectors committed of jobs of one priority: from each job's `since` until now. */
  stored: [{ priority: 'live' | 'backlog'; latenciesMs: readonly number[] }];
  /** A block's own failure: it waits for its next try, or is set aside for good. */
  failed: [{ reason: string; final: boolean }];
  requeued: [{ reason: RequeueReason; count: number }];
  /** Jobs that another worker held when they were to be settled. */
  lost: [{ count: number }];
  /** Jobs in the queue that are not ours. */
  unreadable: [{ count: number }];
  /** Jobs that came back from a worker that died with them. */
  crash: [{ count: number }];
  /** One request to Ollama. */
  request: [{ seconds: number; texts: number; ok: boolean }];
  /** A text was longer than the model's context and was embedded in parts. */
  split: [{ parts: number }];
  /** Ollama cannot work and all work is held, or it can again. */
  gate: [{ open: boolean }];
  /** Why the gate is closed, as an error's code: told after it closed, and when a probe fails for another reason. */
  'gate-reason': [{ reason: string }];
  /** Why all work is held, as an error's code: the database cannot be worked with. null: it can again. */
  hold: [{ reason: string | null }];
  /** The session that listens has come to hear, or was lost or found to hear nothing. */
  listening: [{ up: boolean }];
  leading: [{ leader: boolean }];
  /** A sweep ended. */
  swept: [
    {
      enqueued: number;
      reset: number;
      cleared: number;
      left: number;
      seconds: number;
    },
  ];
  /** Notified blocks were enqueued; some were waiting already and went to the front. */
  bridged: [{ notified: number; enqueued: number; raised: number }];
  /** A write of our own fired the API's trigger. */
  loop: [{ processId: number }];
}

export type Events = EventEmitter<EventMap>;

export function createEvents(): Events {
  return new EventEmitter<EventMap>();
}
