import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { editBlock, expectEmbedded, jobsOf } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, type TestWorker } from '../support/worker-in-process.js';
import { HoldingPostgres } from '../support/worker-postgres.js';

describeWithServer('an edit between a claim that found nothing to embed and the settling of its job,', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let worker: TestWorker;
  let database: HoldingPostgres;
  beforeAll(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true });
    worker = await startWorker(db, ollama, {}, (options) => (database = new HoldingPostgres(options)));
  });
  afterAll(async () => {
    await stopWorkers();
    await ollama.stop();
  });

  it.each([
    ['a diagram', { type: 'mermaid' }],
    ['empty', { content: '' }],
  ])('is embedded at once if the block was %s', async (name, nothing) => {
    const id = await insertBlock(db, { content: `once ${name}` });
    await expectEmbedded(db, id, `once ${name}`);
    const claim = database.hold((text) => /\bclaimed AS\b/.test(text));
    await editBlock(db, id, nothing);
    await claim.reached();
    const before = worker.events.seen.swept.length;
    await editBlock(db, id, { type: 'paragraph', content: `not ${name} now` });
    // The worker has received the edit's notification when a later one has led to a job.
    const later = await insertBlock(db, { content: 'later' });
    await db.untilRow(`SELECT FROM pgboss.job WHERE singleton_key = $1`, [later], () => true);
    claim.release();
    await expectEmbedded(db, id, `not ${name} now`);
    expect(worker.events.seen.swept).toHaveLength(before);
    expect((await jobsOf(db, id)).filter(({ state }) => state !== 'completed')).toEqual([]);
  });
});
