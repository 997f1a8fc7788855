import { jest } from '@jest/globals';
import { requeueDrifted, type RequeueContext } from '../../../src/backlog/stored-vectors/requeue-drifted.js';
import type { ReadBlock } from '../../../src/blocks/blocks.js';
import { WorkNotifier } from '../../../src/queue/work-notifier.js';
import { countJobs, insertBacklog } from '../../support/backlog.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { openQueueSite, type QueueSite } from '../../support/queue-site.js';
import type { TestDatabase } from '../../support/test-database.js';
import { countByStatus, editBlock, jobsOf } from '../../support/worker-blocks.js';

describeWithServer('requeueing drifted blocks', () => {
  let db: TestDatabase;
  let site: QueueSite;
  let context: RequeueContext;
  beforeAll(async () => {
    db = await createDatabase();
    site = await openQueueSite(db.url);
    const { database, names, log } = site;
    context = {
      ...site,
      waker: new WorkNotifier({ database, queue: names.queue, log }),
      queueLimit: 100,
      maxOutageMs: 5_000,
      signal: new AbortController().signal,
    };
  });
  afterEach(async () => {
    await db.query('DELETE FROM blocks');
    await db.query('DELETE FROM pgboss.job');
  });
  afterAll(async () => {
    await site.close();
  });

  /** Completed blocks, as they were read. */
  async function completed(count: number): Promise<ReadBlock[]> {
    const ids = await insertBacklog(db, count, { status: 'completed', withVector: true });
    return [...(await context.blocks.readCompleted(ids, 1_000_000)).read];
  }

  it('sets them pending and inserts their jobs', async () => {
    const read = await completed(3);
    expect(await requeueDrifted(context, read)).toEqual({ requeued: read.map(({ id }) => id), locked: [] });
    expect(await countByStatus(db)).toEqual({ pending: 3 });
    expect(await countJobs(db)).toEqual({ created: 3 });
  });

  it('leaves alone blocks that were edited, embedded again or deleted since, and inserts no job for them', async () => {
    const [edited, embedded, deleted, same] = (await completed(4)).map((block) => block.id);
    const read = (await context.blocks.readCompleted([edited, embedded, deleted, same].map(String), 1_000_000)).read;
    await editBlock(db, String(edited), { content: 'edited' });
    await editBlock(db, String(embedded), { content: 'embedded' });
    await db.query(`UPDATE blocks SET embedding_status = 'completed' WHERE id = $1`, [embedded]);
    await db.query('DELETE FROM blocks WHERE id = $1', [deleted]);

    expect(await requeueDrifted(context, read)).toEqual({ requeued: [same], locked: [] });
    expect(await countByStatus(db)).toEqual({ completed: 1, pending: 2 });
    expect(await countJobs(db)).toEqual({ created: 1 });
    expect(await jobsOf(db, String(same))).toHaveLength(1);
  });

  it('reports locked blocks, and delays no other', async () => {
    const read = await completed(3);
    const locked = read[1]?.id ?? '';
    const client = await db.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [locked]);
    expect(await requeueDrifted(context, read)).toEqual({ requeued: [read[0]?.id, read[2]?.id], locked: [locked] });
    await client.end();
    expect(await countJobs(db)).toEqual({ created: 2 });
  });

  it('waits for a row that is locked for a moment', async () => {
    const read = await completed(2);
    const locked = read[1]?.id ?? '';
    const client = await db.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [locked]);
    const transaction = context.database.transaction.bind(context.database);
    const spy = jest.spyOn(context.database, 'transaction').mockImplementation(async (work) => {
      // The first tries find the row locked: one with both blocks, and one with the locked block alone.
      if (spy.mock.calls.length === 4) await client.query('COMMIT');
      return await transaction(work);
    });
    const result = await requeueDrifted(context, read);
    spy.mockRestore();
    await client.end();
    expect(result).toEqual({ requeued: read.map(({ id }) => id), locked: [] });
  });

  it('keeps a live job', async () => {
    const read = await completed(1);
    await site.boss.insert('embed-block', [{ singletonKey: read[0]?.id ?? '', data: { blockId: read[0]?.id } }]);
    expect(await requeueDrifted(context, read)).toMatchObject({ requeued: [read[0]?.id] });
    expect(await countJobs(db)).toEqual({ created: 1 });
  });

  it('leaves the jobs beyond the queue’s limit to the sweep', async () => {
    const read = await completed(5);
    expect(await requeueDrifted({ ...context, queueLimit: 2 }, read)).toMatchObject({ locked: [] });
    expect(await countByStatus(db)).toEqual({ pending: 5 });
    expect(await countJobs(db)).toEqual({ created: 2 });
  });
});
