import type { Blocks } from '../blocks/blocks.js';
import type { Claim } from '../blocks/claim.js';
import type { Embedder } from '../embedder/embedder.js';
import type { Database } from '../postgres/database.js';
import type { WithRetryOptions } from '../postgres/with-retry.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import type { EmbedJob } from '../queue/job.js';
import type { Waker } from '../queue/waker.js';
import type { Events } from '../telemetry/events.js';
import type { GroupCommit } from './group-commit.js';
import type { OutageClock } from './outage-clock.js';
import type { Outcome, Verdict } from './outcome.js';
import type { TextBudget } from './text-budget.js';
import type { TimeoutStreak } from './timeout-streak.js';

/** What the steps of a batch share. */
export interface Pipeline extends WithRetryOptions {
  readonly database: Database;
  readonly queue: EmbedQueue;
  readonly blocks: Blocks;
  readonly embedder: Embedder;
  readonly budget: TextBudget;
  readonly waker: Waker;
  readonly events: Events;
  /** Claims of several workers in one statement; each is given the ids of its blocks. */
  readonly claims: GroupCommit<readonly string[], Claim>;
  /** Settlements of several workers in one transaction; each receives the outcomes of all. */
  readonly settlements: GroupCommit<readonly Verdict[], ReadonlyMap<EmbedJob, Outcome>>;
  readonly outages: OutageClock;
  readonly timeouts: TimeoutStreak;
  /** When pg-boss expires a job. */
  readonly expireMs: number;
  /** A block is dead-lettered after more failures of its own than this. */
  readonly retryLimit: number;
}

/** What settling a job needs. */
export type SettleContext = Pick<Pipeline, 'database' | 'queue' | 'blocks' | 'retryLimit'>;
