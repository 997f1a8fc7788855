import { EventEmitter } from 'node:events';

/** How a block's job ended. */
export const OUTCOMES = ['completed', 'superseded', 'skipped', 'gone'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why a job was handed back without costing it anything. */
export const REQUEUE_REASONS = ['locked', 'shutdown', 'superseded', 'outage'] as const;
export type RequeueReason = (typeof REQUEUE_REASONS)[number];

/** What the parts tell; metrics and tests listen. A part never waits for a listener. */
export interface EventMap {
  /** Jobs settled in one transaction. */
  settled: [{ outcome: Outcome; count: number }];
  /** Vectors committed of jobs of one priority: from each job's `since` until now. */
  stored: [{ priority: 'live' | 'backlog'; latenciesMs: readonly number[] }];
  /** A block's own failure: it waits for its next try, or is set aside for good. */
  failed: [{ reason: string; final: boolean }];
  requeued: [{ reason: RequeueReason; count: number }];
  /** Jobs that came back from a worker that died with them. */
  death: [{ count: number }];
  /** One request to Ollama. */
  request: [{ seconds: number; texts: number; ok: boolean }];
  /** A text was longer than the model's context and was embedded in parts. */
  split: [{ parts: number }];
  /** Ollama cannot work and all work is held, or it can again. */
  gate: [{ open: boolean }];
  /** Why the gate is closed, as an error's code: told after it closed, and when a probe fails for another reason. */
  trouble: [{ reason: string }];
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
