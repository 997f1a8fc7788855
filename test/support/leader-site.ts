import { Fill } from '../../src/leader/fill.js';
import type { LeaderParts } from '../../src/leader/leader-parts.js';
import { PACE } from '../../src/leader/pace.js';
import { Sweep, type SweepCounts, type SweepOptions } from '../../src/leader/sweep.js';
import { Hold } from '../../src/postgres/hold.js';
import { Waker } from '../../src/queue/waker.js';
import { openQueueSite } from './queue-site.js';
import type { TestDatabase } from './test-database.js';
import { WorkerEvents } from './worker-events.js';
import type { MemoryLog } from './worker-log.js';

/** Slices of one page. */
export const ONE_PAGE = { ...PACE, slicePages: 1 };

/** What a leader has, and a queue that no worker empties. */
export interface LeaderSite {
  readonly parts: LeaderParts;
  readonly events: WorkerEvents;
  readonly log: MemoryLog;
  /** A fill with this limit of the queue, and slices of one page. */
  fill(queueLimit?: number): Fill;
  /** One pass in slices of one page. `pause` is called between them. */
  sweep(fill: Fill, options?: Partial<SweepOptions>, signal?: AbortSignal): Promise<SweepCounts | undefined>;
  close(): Promise<void>;
}

/** @param url default: that of the database */
export async function openLeaderSite(db: TestDatabase, url = db.url): Promise<LeaderSite> {
  const site = await openQueueSite(url, 'test leader');
  const { database, boss, names, queue, blocks, log } = site;
  const events = new WorkerEvents();
  const waker = new Waker({ boss, database, queue: names.queue, log });
  const hold = new Hold({
    check: () => Promise.resolve(),
    schemaChanged: () => Promise.resolve(false),
    events: events.emitter,
    log,
  });
  const parts = { database, queue, blocks, waker, hold, events: events.emitter, log };
  return {
    parts,
    events,
    log,
    fill: (queueLimit = 10_000) => new Fill({ ...parts, queueLimit, pace: ONE_PAGE }),
    sweep: async (fill, options = {}, signal = new AbortController().signal) => {
      const defaults = {
        isUrgent: false,
        throughIndex: false,
        onProgress: () => undefined,
        pause: () => Promise.resolve(),
      };
      return await new Sweep({ ...parts, fill, pace: ONE_PAGE, ...defaults, ...options }, signal).run();
    },
    close: async () => {
      waker.stop();
      await hold.stop();
      await site.close();
    },
  };
}
