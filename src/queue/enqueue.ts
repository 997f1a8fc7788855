import { randomUUID } from 'node:crypto';
import type { JobInsert, PgBoss } from 'pg-boss';
import type { Database, Queryable } from '../postgres/database.js';
import { lockWaiting } from './sql/lock-waiting.js';
import { findReadyLive } from './sql/find-ready-live.js';
import { raiseActive } from './sql/raise-active.js';
import { PRIORITY, QUEUE, type EmbedJobData, type Priority } from './job.js';

/** A job to insert. */
export interface NewJob {
  readonly data: EmbedJobData;
  readonly startAfterSeconds?: number;
}

/** A job for a block that begins anew, nothing being known against it. */
export function newJob(blockId: string, priority: Priority, now: Date): NewJob {
  return { data: { blockId, since: now.toISOString(), priority } };
}

/**
 * Inserts one job a block, where the block has no live one. Jobs are sorted by their keys: two inserts with
 * overlapping keys in opposite order deadlocked 20 times of 20, in the same order never.
 *
 * @param jobs of different blocks
 * @returns the ids of the blocks whose job was inserted
 */
export async function insertJobs(boss: PgBoss, db: Queryable, jobs: readonly NewJob[]): Promise<Set<string>> {
  const sorted = [...jobs].sort((a, b) => (a.data.blockId < b.data.blockId ? -1 : 1));
  const blockIds = new Map<string, string>();
  const inserts = sorted.map(({ data, startAfterSeconds }): JobInsert<EmbedJobData> => {
    const id = randomUUID();
    blockIds.set(id, data.blockId);
    return {
      id,
      data,
      priority: data.priority,
      singletonKey: data.blockId,
      ...(startAfterSeconds === undefined ? {} : { startAfter: startAfterSeconds }),
    };
  });
  const inserted = inserts.length === 0 ? null : await boss.insert(QUEUE, inserts, { db, returnId: true });
  return new Set((inserted ?? []).map((id) => blockIds.get(id) ?? ''));
}

/** Inserts jobs for blocks found by sweep or backfill: behind every live edit. @returns how many were inserted */
export async function enqueueBacklog(
  boss: PgBoss,
  db: Queryable,
  blockIds: readonly string[],
  now: Date,
): Promise<number> {
  const jobs = blockIds.map((blockId) => newJob(blockId, PRIORITY.backlog, now));
  return (await insertJobs(boss, db, jobs)).size;
}

/** A job may end while its block is enqueued: then the block is inserted after all. More than that is for the sweep. */
const TRIES = 3;

/**
 * Inserts jobs for blocks that were just edited, before all backlog. A block that waits in the backlog is raised, one
 * that waits in retry is replaced with fresh counts and starts now: its text is another. One whose job is active keeps
 * it: the store finds the new fingerprint and enqueues the block again. That job gets the priority of edits, so that it
 * is handed back as one.
 */
export async function enqueueLive(
  boss: PgBoss,
  database: Database,
  schema: string,
  blockIds: readonly string[],
  now: Date,
): Promise<{ inserted: number; raised: number }> {
  let open = blockIds.map((blockId) => newJob(blockId, PRIORITY.live, now));
  let inserted = 0;
  let raised = 0;
  for (let attempt = 0; open.length > 0 && attempt < TRIES; attempt++) {
    const created = await insertJobs(boss, database, open);
    inserted += created.size;
    open = without(open, created);
    if (open.length === 0) break;
    const present = open;
    open = await database.transaction(async (tx) => {
      const replaced = await replaceWaiting(boss, tx, schema, present, PRIORITY.live);
      raised += replaced.size;
      const rest = without(present, replaced);
      if (rest.length === 0) return [];
      const active = await raiseActive(tx, schema, rest.map(blockIdOf));
      const ready = await findReadyLive(tx, schema, rest.map(blockIdOf));
      return without(rest, new Set([...active, ...ready]));
    });
  }
  return { inserted, raised };
}

const blockIdOf = ({ data }: NewJob) => data.blockId;

function without(jobs: readonly NewJob[], blockIds: ReadonlySet<string>): NewJob[] {
  return jobs.filter(({ data }) => !blockIds.has(data.blockId));
}

/**
 * Inserts jobs in the place of those that wait for the same blocks: that are in retry, delayed, or of a priority below
 * `belowPriority`. Those are completed, so that their keys are free.
 *
 * @returns the blocks whose job was replaced
 */
export async function replaceWaiting(
  boss: PgBoss,
  tx: Queryable,
  schema: string,
  jobs: readonly NewJob[],
  belowPriority: number,
): Promise<Set<string>> {
  if (jobs.length === 0) return new Set();
  const blockIds = jobs.map(({ data }) => data.blockId);
  const waiting = await lockWaiting(tx, schema, blockIds, belowPriority);
  if (waiting.length === 0) return new Set();
  const ids = waiting.map(({ id }) => id);
  await boss.complete(QUEUE, ids, { outcome: 'superseded' }, { db: tx, includeQueued: true });
  const free = new Set(waiting.map(({ blockId }) => blockId));
  return await insertJobs(
    boss,
    tx,
    jobs.filter(({ data }) => free.has(data.blockId)),
  );
}
