import type pg from 'pg';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks, notify, withoutTriggers } from '../support/fixtures.js';
import { editBlock, expectEmbedded, readBlock } from '../support/worker-blocks.js';
import { hang } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('a block whose row is locked', () => {
  const site = useSite();
  let locker: pg.Client;
  beforeAll(async () => {
    locker = await site().db.connect('a locker');
  });
  afterEach(async () => {
    await locker.query('ROLLBACK'); // of a test that failed
    expect(site().worker.events.seen.failed).toEqual([]);
    expect(site().worker.log.format('error')).toEqual([]);
  });
  afterAll(() => locker.end());

  const lock = async (id: string) => {
    await locker.query('BEGIN');
    await locker.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [id]);
  };
  const unlock = () => locker.query('COMMIT');

  /** A pending block without a notification. */
  async function insertSilently(content: string): Promise<string> {
    const { db } = site();
    return await withoutTriggers(db, () => insertBlock(db, { content }));
  }

  it('waits until it is unlocked, and delays no other block', async () => {
    const { db, worker } = site();
    const locked = await insertSilently('locked');
    await lock(locked);
    await notify(db, locked);
    const others = await insertBlocks(db, 20, { content: (index) => `free ${index}` });
    for (const [index, id] of others.entries()) await expectEmbedded(db, id, `free ${index}`);
    await worker.events.until((events) => events.requeued('locked') >= 1);
    expect(await readBlock(db, locked)).toEqual({ status: 'pending', vector: null });
    await unlock();
    await expectEmbedded(db, locked, 'locked');
  });

  it('is tried again until it is unlocked', async () => {
    const { db, worker } = site();
    const id = await insertSilently('locked for long');
    await lock(id);
    await notify(db, id);
    await worker.events.until((events) => events.requeued('locked') >= 3);
    await unlock();
    await expectEmbedded(db, id, 'locked for long');
  });

  it('when its vector is stored is embedded again later', async () => {
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

  it('when its vector is stored does not delay the others of its batch', async () => {
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

  it('by a long edit is embedded with its new text', async () => {
    const { db } = site();
    const id = await insertBlock(db, { content: 'quick' });
    await expectEmbedded(db, id, 'quick');
    await locker.query('BEGIN');
    await editBlock(db, id, { content: 'slow' }, locker);
    const other = await insertBlock(db, { content: 'another block' });
    await expectEmbedded(db, other, 'another block');
    await locker.query('COMMIT');
    await expectEmbedded(db, id, 'slow');
  });
});
