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

  it('of a queued block is the only text that is embedded', async () => {
    const { db, ollama } = site();
    const busy = await keepBusy(site());
    const id = await insertBlock(db, { content: 'queued, then edited' });
    await untilJob(db, id, ({ state }) => state === 'created');
    await editBlock(db, id, { content: 'the edit' });
    busy.release();
    await expectEmbedded(db, id, 'the edit');
    expect([...ollama.timesEmbedded().keys()].join()).not.toContain('queued, then edited');
  });

  it('of a block that is being embedded prevents the old vector from being stored', async () => {
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

  it('that is undone while its block is being embedded leaves the vector of the old text', async () => {
    const { db, worker } = site();
    const request = hang(site(), 'there and back');
    const id = await insertBlock(db, { content: 'there and back' });
    await request.reached();
    await editBlock(db, id, { content: 'there' });
    await editBlock(db, id, { content: 'there and back' });
    request.release();
    await expectEmbedded(db, id, 'there and back');
    await worker.events.until((events) => events.settled('completed') === 1);
  });

  it('that is the last of many during embedding is the one that is embedded', async () => {
    const { db } = site();
    const request = hang(site(), 'version 0.');
    const id = await insertBlock(db, { content: 'version 0.' });
    await request.reached();
    for (let version = 1; version <= 20; version++) await editBlock(db, id, { content: `version ${version}.` });
    request.release();
    await expectEmbedded(db, id, 'version 20.');
  });

  it('of a heading and its note’s title is embedded with both', async () => {
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

  it('of a note’s title is noticed while one of its headings is being embedded', async () => {
    const { db } = site();
    const noteId = await insertNote(db, 'Before');
    const request = hang(site(), 'Before > Heading');
    const id = await insertBlock(db, { noteId, type: 'heading', content: 'Heading' });
    await request.reached();
    await db.query('UPDATE notes SET title = $2 WHERE id = $1', [noteId, 'After']);
    request.release();
    await expectEmbedded(db, id, 'After > Heading');
  });

  it('of a note’s title does not affect a paragraph that is being embedded', async () => {
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

  it('that turns a block being embedded into a diagram leaves it skipped, without a vector', async () => {
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
