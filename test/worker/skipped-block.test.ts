import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, notify } from '../support/fixtures.js';
import { editBlock, expectEmbedded, readBlock, untilStatus } from '../support/worker-blocks.js';
import { useSite } from '../support/worker-site.js';

const SKIPPED = { status: 'skipped', vector: null };

describeWithServer('a block with nothing to embed', () => {
  const site = useSite();

  it('is skipped by the trigger if it is a diagram', async () => {
    const { db } = site();
    const id = await insertBlock(db, { type: 'mermaid', content: 'graph TD; A-->B' });
    expect(await readBlock(db, id)).toEqual(SKIPPED);
  });

  it('is skipped by the worker if it is a diagram', async () => {
    const { db, worker } = site();
    const id = await insertBlock(db, { type: 'mermaid', content: 'graph TD; A-->B' });
    await expectEmbedded(db, await insertBlock(db, { content: 'the next block' }), 'the next block'); // so the insert's notification was received
    await db.query(`UPDATE blocks SET embedding_status = 'pending' WHERE id = $1`, [id]);
    await notify(db, id);
    await worker.events.until((events) => events.settled('skipped') === 1);
    expect(await readBlock(db, id)).toEqual(SKIPPED);
  });

  it.each([
    ['an empty text', ''],
    ['white space', ' \n\t '],
    ['invisible characters', '\u200b\u0007'],
    ['null', null],
    ['an empty object', {}],
    ['an empty list', { items: [] }],
  ])('is skipped if it holds %s', async (_, content) => {
    const { db, ollama, worker } = site();
    const id = await insertBlock(db, { content });
    await untilStatus(db, id, 'skipped');
    expect(await readBlock(db, id)).toEqual(SKIPPED);
    await worker.events.until((events) => events.settled('skipped') === 1);
    expect(ollama.timesEmbedded()).toEqual(new Map());
  });

  it('loses its vector when it becomes a diagram', async () => {
    const { db, worker } = site();
    const id = await insertBlock(db, { content: 'graph TD' });
    await expectEmbedded(db, id, 'graph TD');
    await editBlock(db, id, { type: 'mermaid' });
    await worker.events.until((events) => events.settled('skipped') === 1);
    expect(await readBlock(db, id)).toEqual(SKIPPED);
  });

  it('loses its vector when its text is deleted', async () => {
    const { db } = site();
    const id = await insertBlock(db, { content: 'soon gone' });
    await expectEmbedded(db, id, 'soon gone');
    await editBlock(db, id, { content: '' });
    await untilStatus(db, id, 'skipped');
    expect(await readBlock(db, id)).toEqual(SKIPPED);
  });

  it('is embedded when it gets a text', async () => {
    const { db } = site();
    const id = await insertBlock(db, { type: 'mermaid', content: 'graph TD' });
    await editBlock(db, id, { type: 'paragraph', content: 'a text now' });
    await expectEmbedded(db, id, 'a text now');
  });

  it('does not prevent the others of its batch from being embedded', async () => {
    const { db } = site();
    const empty = await insertBlock(db, { content: '' });
    const full = await insertBlock(db, { content: 'full' });
    await expectEmbedded(db, full, 'full');
    await untilStatus(db, empty, 'skipped');
  });
});
