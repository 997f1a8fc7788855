import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks, insertNote } from '../support/fixtures.js';
import { expectEmbedded, jobsOf, untilJob } from '../support/worker-blocks.js';
import { hang, keepBusy, ONE_WORKER } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('a block that is deleted', () => {
  const site = useSite({ environment: ONE_WORKER });

  afterEach(() => {
    expect(site().worker.log.format('error')).toEqual([]);
  });

  it('while it is queued has the outcome gone and is never sent to Ollama', async () => {
    const { db, ollama, worker } = site();
    const busy = await keepBusy(site());
    const id = await insertBlock(db, { content: 'deleted while queued' });
    await untilJob(db, id, ({ state }) => state === 'created');
    await db.query('DELETE FROM blocks WHERE id = $1', [id]);
    busy.release();
    await worker.events.until((events) => events.settled('gone') === 1);
    expect(await jobsOf(db, id)).toMatchObject([{ state: 'completed', output: { outcome: 'gone' } }]);
    expect(ollama.requests.flatMap(({ recordedTexts }) => recordedTexts).join()).not.toContain('deleted while queued');
  });

  it('while it is being embedded has the outcome gone and no failure', async () => {
    const { db, worker } = site();
    const request = hang(site(), 'deleted in flight');
    const id = await insertBlock(db, { content: 'deleted in flight' });
    await request.reached();
    await db.query('DELETE FROM blocks WHERE id = $1', [id]);
    request.release();
    await worker.events.until((events) => events.settled('gone') === 1);
    expect((await jobsOf(db, id)).map(({ state, output }) => [state, output?.['outcome']])).toEqual([
      ['completed', 'superseded'],
      ['completed', 'gone'],
    ]);
    expect(worker.events.seen.failed).toEqual([]);
  });

  it('together with its note delays no other block', async () => {
    const { db, worker } = site();
    const request = hang(site(), 'deleted with its note 0');
    const noteId = await insertNote(db, 'Deleted');
    await insertBlocks(db, 3, { noteId, content: (index) => `deleted with its note ${index}` });
    await request.reached();
    await db.query('DELETE FROM notes WHERE id = $1', [noteId]);
    request.release();
    await worker.events.until((events) => events.settled('gone') === 3);
    const id = await insertBlock(db, { content: 'a survivor' });
    await expectEmbedded(db, id, 'a survivor');
    expect(await db.query(`SELECT FROM pgboss.job WHERE name = 'embed-block' AND state <= 'active'`)).toEqual([]);
    expect(worker.events.seen.failed).toEqual([]);
  });
});
