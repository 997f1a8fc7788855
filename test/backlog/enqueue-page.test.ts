import { enqueuePage, type EnqueueContext } from '../../src/backlog/enqueue-page.js';
import type { FoundBlock } from '../../src/backlog/sql/find-in-scope.js';
import { countJobs, insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { openQueueSite, type QueueSite } from '../support/queue-site.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, jobsOf } from '../support/worker-blocks.js';

describeWithServer('a page of a backfill', () => {
  let db: TestDatabase;
  let site: QueueSite;
  let context: EnqueueContext;
  beforeAll(async () => {
    db = await createDatabase();
    site = await openQueueSite(db.url);
    context = { ...site, queueLimit: 100 };
  });
  afterEach(async () => {
    await db.query('DELETE FROM blocks');
    await db.query('DELETE FROM pgboss.job');
  });
  afterAll(async () => {
    await site.close();
  });

  const found = (ids: readonly string[], status: FoundBlock['status']) =>
    ids.map((id): FoundBlock => ({ id, status, queued: false }));
  const enqueue = (blocks: readonly FoundBlock[], queueLimit = 100) =>
    enqueuePage({ ...context, queueLimit }, blocks, new Date());

  it('sets settled blocks pending and inserts their jobs', async () => {
    const blocks = found(await insertBacklog(db, 5, { status: 'completed', withVector: true }), 'completed');
    expect(await enqueue(blocks)).toEqual({ taken: 5, enqueued: blocks, alreadyQueued: [], postponed: [] });
    expect(await countByStatus(db)).toEqual({ pending: 5 });
    expect(await countJobs(db)).toEqual({ created: 5 });
    expect(await db.query('SELECT count(embedding)::int AS vectors FROM blocks')).toEqual([{ vectors: 5 }]);
  });

  it('inserts no job for a block that was embedded, skipped or deleted since it was found', async () => {
    const ids = await insertBacklog(db, 5);
    await db.query(`UPDATE blocks SET embedding_status = 'completed' WHERE id = $1`, [ids[1]]);
    await db.query(`UPDATE blocks SET embedding_status = 'skipped' WHERE id = $1`, [ids[2]]);
    await db.query('DELETE FROM blocks WHERE id = $1', [ids[3]]);
    const blocks = found(ids, 'pending');
    expect(await enqueue(blocks)).toEqual({
      taken: 5,
      enqueued: [blocks[0], blocks[4]],
      alreadyQueued: [],
      postponed: blocks.slice(1, 4),
    });
    expect(await countJobs(db)).toEqual({ created: 2 });
  });

  it('leaves locked blocks unchanged and without a job, and does not wait for them', async () => {
    const ids = await insertBacklog(db, 4, { status: 'completed' });
    const client = await db.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM blocks WHERE id = ANY ($1) FOR UPDATE', [[ids[1], ids[3]]]);
    const blocks = found(ids, 'completed');
    const result = await enqueue(blocks);
    await client.end();
    expect(result).toEqual({
      taken: 4,
      enqueued: [blocks[0], blocks[2]],
      alreadyQueued: [],
      postponed: [blocks[1], blocks[3]],
    });
    expect(await countByStatus(db)).toEqual({ completed: 2, pending: 2 });
    expect(await jobsOf(db, ids[1] ?? '')).toEqual([]);
  });

  it('counts a block that another process enqueued first', async () => {
    const blocks = found(await insertBacklog(db, 3), 'pending');
    await enqueue(blocks.slice(1, 2));
    const result = await enqueue(blocks);
    expect(result).toMatchObject({ taken: 3, enqueued: [blocks[0], blocks[2]], alreadyQueued: [blocks[1]] });
    expect(await countJobs(db)).toEqual({ created: 3 });
  });

  it('takes as many blocks as there is capacity for, and none if that is too little', async () => {
    const blocks = found(await insertBacklog(db, 20), 'pending');
    expect(await enqueue(blocks, 8)).toMatchObject({ taken: 8, enqueued: blocks.slice(0, 8) });
    expect(await enqueue(blocks.slice(8), 9)).toMatchObject({ taken: 0 }); // capacity for 1 of 9; the minimum is 3
    expect(await enqueue(blocks.slice(8), 11)).toMatchObject({ taken: 3, enqueued: blocks.slice(8, 11) });
    expect(await enqueue(blocks.slice(19), 12)).toMatchObject({ taken: 1 }); // the whole page
  });

  it('never exceeds the limit of the queue, also if 20 pages are enqueued at once', async () => {
    const blocks = found(await insertBacklog(db, 200), 'pending');
    const batches = Array.from({ length: 20 }, (_, i) => blocks.slice(i * 10, i * 10 + 10));
    await Promise.all(batches.map((batch) => enqueue(batch, 50)));
    expect(await countJobs(db)).toEqual({ created: 50 });
  });

  it('requeues a block in error and deletes its dead letter, or does neither', async () => {
    const [id = '', locked = ''] = await insertBacklog(db, 2, { status: 'error' });
    for (const key of [id, locked]) {
      await site.boss.insert('embed-block-failed', [{ data: { blockId: key }, singletonKey: key }]);
    }
    const client = await db.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [locked]);
    const blocks = found([id, locked], 'error');
    expect(await enqueue(blocks)).toMatchObject({ enqueued: [blocks[0]], postponed: [blocks[1]] });
    await client.end();
    expect(await jobsOf(db, id, 'embed-block-failed')).toEqual([]);
    expect(await jobsOf(db, locked, 'embed-block-failed')).toHaveLength(1);
    expect(await countByStatus(db)).toEqual({ error: 1, pending: 1 });
  });
});
