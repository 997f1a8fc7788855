import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertNote } from '../support/fixtures.js';
import { editBlock, expectEmbedded, readBlock, untilJob, untilStatus } from '../support/worker-blocks.js';
import { hang, keepBusy, ONE_WORKER } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('an edit', () => {
  const site = useSite({ environment: ONE_WORKER });

  afterEach(() => {
    const { events, log } = site().worker;
    expect(events.seen.failed).toEqual([]);
    expect(log.format('error')).toEqual([]);
  });

  it('while its block is queued is the only text that is embedded', async () => {
    const { db, ollama } = site();
    const busy = await keepBusy(site());
    const id = await insertBlock(db, { content: 'queued, then edited' });
    await untilJob(db, id, ({ state }) => state === 'created');
    await editBlock(db, id, { content: 'the edit' });
    busy.release();
    await expectEmbedded(db, id, 'the edit');
    expect([...ollama.timesEmbedded().keys()].join()).not.toContain('queued, then edited');
  });

  it('while its block is being embedded keeps the old vector from being stored', async () => {
    const { db, worker } = site();
    const request = hang(site(), 'old text');
    const id = await insertBlock(db, { content: 'old text' });
    await request.reached();
    await editBlock(db, id, { content: 'new text' });
    expect(await readBlock(db, id)).toEqual({ status: 'pending', vector: null });
    request.release();
    await expectEmbedded(db, id, 'new text');
    await worker.events.until((events) => events.settled('completed') === 1);
    expect(worker.events.settled('superseded')).toBe(1);
  });

  it('that is taken back while its block is being embedded leaves the old text’s vector', async () => {
    const { db, worker } = site();
    const request = hang(site(), 'to and fro');
    const id = await insertBlock(db, { content: 'to and fro' });
    await request.reached();
    await editBlock(db, id, { content: 'fro' });
    await editBlock(db, id, { content: 'to and fro' });
    request.release();
    await expectEmbedded(db, id, 'to and fro');
    await worker.events.until((events) => events.settled('completed') === 1);
  });

  it('after many others while its block is being embedded wins', async () => {
    const { db } = site();
    const request = hang(site(), 'version 0.');
    const id = await insertBlock(db, { content: 'version 0.' });
    await request.reached();
    for (let version = 1; version <= 20; version++) await editBlock(db, id, { content: `version ${version}.` });
    request.release();
    await expectEmbedded(db, id, 'version 20.');
  });

  it('of a heading together with its note’s title embeds the two new ones', async () => {
    const { db } = site();
    const noteId = await insertNote(db, 'Old title');
    const request = hang(site(), 'Old title > Old heading');
    const id = await insertBlock(db, { noteId, type: 'heading', content: 'Old heading' });
    await request.reached();
    const api = await db.connect();
    await api.query('BEGIN');
    await api.query('UPDATE notes SET title = $2 WHERE id = $1', [noteId, 'New title']);
    await editBlock(db, id, { content: 'New heading' }, api);
    await api.query('COMMIT');
    await api.end();
    request.release();
    await expectEmbedded(db, id, 'New title > New heading');
  });

  it('of the note’s title alone is seen where a heading of it is being embedded', async () => {
    const { db } = site();
    const noteId = await insertNote(db, 'Before');
    const request = hang(site(), 'Before > Heading');
    const id = await insertBlock(db, { noteId, type: 'heading', content: 'Heading' });
    await request.reached();
    await db.query('UPDATE notes SET title = $2 WHERE id = $1', [noteId, 'After']);
    request.release();
    await expectEmbedded(db, id, 'After > Heading');
  });

  it('of the note’s title alone costs a paragraph nothing', async () => {
    const { db, worker } = site();
    const noteId = await insertNote(db, 'Before');
    const request = hang(site(), 'a paragraph');
    const id = await insertBlock(db, { noteId, content: 'a paragraph' });
    await request.reached();
    await db.query('UPDATE notes SET title = $2 WHERE id = $1', [noteId, 'After']);
    request.release();
    await expectEmbedded(db, id, 'a paragraph');
    expect(worker.events.settled('superseded')).toBe(0);
  });

  it('that makes a diagram of a block being embedded leaves it without a vector', async () => {
    const { db, worker } = site();
    const request = hang(site(), 'graph LR');
    const id = await insertBlock(db, { content: 'graph LR' });
    await request.reached();
    await editBlock(db, id, { type: 'mermaid' });
    request.release();
    await worker.events.until((events) => events.settled('skipped') === 1);
    expect(await readBlock(db, id)).toEqual({ status: 'skipped', vector: null });
  });

  it('that empties a block being embedded leaves it skipped, without a vector', async () => {
    const { db } = site();
    const request = hang(site(), 'soon empty');
    const id = await insertBlock(db, { content: 'soon empty' });
    await request.reached();
    await editBlock(db, id, { content: '' });
    request.release();
    await untilStatus(db, id, 'skipped');
    expect(await readBlock(db, id)).toEqual({ status: 'skipped', vector: null });
  });
});
