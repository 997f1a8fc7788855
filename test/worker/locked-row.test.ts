import type pg from 'pg';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import { editBlock, expectEmbedded, readBlock } from '../support/worker-blocks.js';
import { hang } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('a block whose row someone has locked', () => {
  const site = useSite();
  let someone: pg.Client;
  beforeAll(async () => {
    someone = await site().db.connect('someone');
  });
  afterEach(async () => {
    await someone.query('ROLLBACK'); // of a test that failed
    expect(site().worker.events.seen.failed).toEqual([]);
    expect(site().worker.log.format('error')).toEqual([]);
  });
  afterAll(() => someone.end());

  const lock = async (id: string) => {
    await someone.query('BEGIN');
    await someone.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [id]);
  };
  const unlock = () => someone.query('COMMIT');

  /** A block that is pending, and of which nobody has been told. */
  async function insertSilently(content: string): Promise<string> {
    const { db } = site();
    await db.query('ALTER TABLE blocks DISABLE TRIGGER USER');
    try {
      return await insertBlock(db, { content });
    } finally {
      await db.query('ALTER TABLE blocks ENABLE TRIGGER USER');
    }
  }

  it('waits until it is free, and delays no other', async () => {
    const { db, worker } = site();
    const locked = await insertSilently('locked');
    await lock(locked);
    await db.query(`SELECT pg_notify('embedding_queue', $1)`, [locked]);
    const others = await insertBlocks(db, 20, { content: (index) => `free ${index}` });
    for (const [index, id] of others.entries()) await expectEmbedded(db, id, `free ${index}`);
    await worker.events.until((events) => events.requeued('locked') >= 1);
    expect(await readBlock(db, locked)).toEqual({ status: 'pending', vector: null });
    await unlock();
    await expectEmbedded(db, locked, 'locked');
  });

  it('is looked at again and again, for as long as it takes', async () => {
    const { db, worker } = site();
    const id = await insertSilently('locked for long');
    await lock(id);
    await db.query(`SELECT pg_notify('embedding_queue', $1)`, [id]);
    await worker.events.until((events) => events.requeued('locked') >= 3);
    await unlock();
    await expectEmbedded(db, id, 'locked for long');
  });

  it('when its vector is to be stored is embedded again after', async () => {
    const { db, worker } = site();
    const request = hang(site(), 'locked in flight');
    const id = await insertBlock(db, { content: 'locked in flight' });
    await request.reached();
    await lock(id);
    request.release();
    await worker.events.until((events) => events.settled('superseded') === 1);
    expect(await readBlock(db, id)).toMatchObject({ vector: null });
    await unlock();
    await expectEmbedded(db, id, 'locked in flight');
  });

  it('when its vector is to be stored keeps no other of its batch from being stored', async () => {
    const { db } = site();
    const request = hang(site(), 'batch 0');
    const ids = await insertBlocks(db, 5, { content: (index) => `batch ${index}` });
    const [first = '', ...others] = ids;
    await request.reached();
    await lock(first);
    request.release();
    for (const [index, id] of others.entries()) await expectEmbedded(db, id, `batch ${index + 1}`);
    await unlock();
    await expectEmbedded(db, first, 'batch 0');
  });

  it('by an edit that takes its time is embedded as edited', async () => {
    const { db } = site();
    const id = await insertBlock(db, { content: 'quick' });
    await expectEmbedded(db, id, 'quick');
    await someone.query('BEGIN');
    await editBlock(db, id, { content: 'slow' }, someone);
    const other = await insertBlock(db, { content: 'meanwhile' });
    await expectEmbedded(db, other, 'meanwhile');
    await someone.query('COMMIT');
    await expectEmbedded(db, id, 'slow');
  });
});
