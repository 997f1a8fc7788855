import type { Claim } from '../blocks/claim.js';
import type { WithRetryOptions } from '../postgres/with-retry.js';
import type { Embedder } from '../embedder/embedder.js';
import type { Events } from '../telemetry/events.js';
import type { EmbedJob } from '../queue/job.js';
import type { Waker } from '../queue/waker.js';
import type { GroupCommit } from './group-commit.js';
import type { OutageClock } from './outage-clock.js';
import type { Outcome, Verdict } from './outcome.js';
import type { SettleContext } from './settle.js';
import type { TextBudget } from './text-budget.js';

/** What the steps of a batch share. */
export interface Pipeline extends WithRetryOptions {
  readonly context: SettleContext;
  readonly embedder: Embedder;
  readonly outages: OutageClock;
  /** Of jobs. */
  readonly expireMs: number;
  readonly budget: TextBudget;
  readonly waker: Waker;
  /** By the ids of the blocks. */
  readonly claims: GroupCommit<readonly string[], Claim>;
  /** Each answer holds the outcomes of all that were settled together. */
  readonly settlements: GroupCommit<readonly Verdict[], ReadonlyMap<EmbedJob, Outcome>>;
  readonly events: Events;
}
