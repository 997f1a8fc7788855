import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import type { Hold } from '../support/hold.js';
import type { TestDatabase } from '../support/test-database.js';
import { editBlock, expectEmbedded, jobsOf, untilIdle, untilJob } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, type TestWorker } from '../support/worker-in-process.js';
import { HoldingPostgres, WithoutMaintenance } from '../support/worker-postgres.js';

/** Whether this is a fetch by a worker that takes backlog too, and found jobs. */
const isFetchOfBacklog = (text: string, rows: readonly unknown[]) =>
  /\bnext AS \(/.test(text) && !text.includes('j.priority >=') && rows.length > 0;

describeWithServer('during a backlog', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let worker: TestWorker;
  let backlog: string[];
  beforeEach(async () => {
    db = await createDatabase();
    backlog = await insertBlocks(db, 60, { content: (index) => `backlog ${index}` });
    ollama = await startStandIn({ recordTexts: true });
    ollama.faults.add({ preset: 'hang', text: 'backlog' });
    worker = await startWorker(db, ollama, { PALDOCS_WORKER_CONCURRENCY: '2', PALDOCS_OLLAMA_CONCURRENCY: '2' });
    await ollama.waitFor(({ stats }) => stats.hanging === 1);
  });
  afterEach(async () => {
    ollama.faults.clear();
    await untilIdle(db);
    await stopWorkers();
    await ollama.stop();
  });

  it('a new block is embedded at once', async () => {
    const id = await insertBlock(db, { content: 'new' });
    await expectEmbedded(db, id, 'new');
    expect(ollama.stats.hanging).toBe(1);
  });

  it('a block of the backlog goes to the front when it is edited', async () => {
    const last = backlog.at(-1) ?? '';
    expect(await jobsOf(db, last)).toMatchObject([{ state: 'created', data: { priority: 0 } }]);
    await editBlock(db, last, { content: 'edited' });
    await expectEmbedded(db, last, 'edited');
    expect(ollama.stats.hanging).toBe(1);
    expect(worker.events.seen.bridged).toMatchObject([{ enqueued: 0, raised: 1 }]);
  });

  it('an edit of a block that is being embedded is embedded next', async () => {
    const first = backlog[0] ?? '';
    await editBlock(db, first, { content: 'edited in flight' });
    ollama.faults.clear();
    await expectEmbedded(db, first, 'edited in flight');
    expect(ollama.timesEmbedded().get(`${DEFAULT_INSTRUCTION}edited in flight`)).toBe(1);
  });
});

describeWithServer('requests that wait for Ollama', () => {
  it('are sent in order of priority, edits first', async () => {
    const db = await createDatabase();
    await insertBlocks(db, 30, { content: (index) => `backlog ${index}` });
    const ollama = await startStandIn({ recordTexts: true });
    const hang = ollama.faults.add({ preset: 'hang', text: 'backlog', count: 1 });
    const worker = await startWorker(db, ollama, {
      PALDOCS_WORKER_CONCURRENCY: '4',
      PALDOCS_OLLAMA_CONCURRENCY: '1',
    });
    try {
      await ollama.waitFor(({ stats }) => stats.hanging === 1);
      const id = await insertBlock(db, { content: 'edit' });
      await db.untilRow<{ status: string }>(
        'SELECT embedding_status AS status FROM blocks WHERE id = $1',
        [id],
        ({ status }) => status === 'processing',
      );
      await worker.quiet(); // its claim has finished, and its request is queued
      hang.remove();
      await expectEmbedded(db, id, 'edit');
      await untilIdle(db);
      const order = ollama.requests.filter(({ embedded }) => embedded).map(({ recordedTexts }) => recordedTexts ?? []);
      expect(order.findIndex((texts) => texts.includes(`${DEFAULT_INSTRUCTION}edit`))).toBe(1);
    } finally {
      hang.remove();
      await stopWorkers();
      await ollama.stop();
    }
  });
});

describeWithServer('an edit that arrives while a worker fetches backlog', () => {
  it('does not wait for that worker', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn({ recordTexts: true });
    const hang = ollama.faults.add({ preset: 'hang', text: 'backlog' });
    let database: HoldingPostgres | undefined;
    let fetch: Hold | undefined;
    try {
      await insertBlocks(db, 40, { content: (index) => `backlog ${index}` });
      await startWorker(
        db,
        ollama,
        { PALDOCS_WORKER_CONCURRENCY: '2' },
        (options) => (database = new HoldingPostgres(options)),
      );
      await ollama.waitFor(({ stats }) => stats.hanging === 1);
      const earlier = await insertBlock(db, { content: 'earlier' }); // wakes the worker that takes only edits
      await expectEmbedded(db, earlier, 'earlier');
      fetch = database?.hold(isFetchOfBacklog);
      hang.remove();
      await fetch?.reached();
      const edit = await insertBlock(db, { content: 'edit' });
      await expectEmbedded(db, edit, 'edit');
      fetch?.release();
      await untilIdle(db);
    } finally {
      hang.remove();
      fetch?.release();
      await stopWorkers();
      await ollama.stop();
    }
  });
});

describeWithServer('an edit that a worker fetches together with backlog', () => {
  it('is sent alone, before the backlog', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn({ recordTexts: true });
    const hang = ollama.faults.add({ preset: 'hang', text: 'backlog', count: 1 });
    try {
      await insertBlocks(db, 19, { content: (index) => `backlog ${index}` });
      await startWorker(db, ollama, {
        PALDOCS_WORKER_CONCURRENCY: '1',
        PALDOCS_OLLAMA_CONCURRENCY: '1',
        PALDOCS_BATCH_SIZE: '10', // otherwise some batches are sent in halves
      });
      await ollama.waitFor(({ stats }) => stats.hanging === 1);
      const edit = await insertBlock(db, { content: 'edit' });
      await untilJob(db, edit, ({ state }) => state === 'created');
      hang.remove();
      await untilIdle(db);
      const requests = ollama.requests.flatMap(({ embedded, recordedTexts }) =>
        embedded ? [recordedTexts ?? []] : [],
      );
      expect(requests.map(({ length }) => length)).toEqual([10, 1, 9]);
      expect(requests[1]).toEqual([`${DEFAULT_INSTRUCTION}edit`]);
    } finally {
      hang.remove();
      await stopWorkers();
      await ollama.stop();
    }
  });
});

describeWithServer('several edits during a backlog', () => {
  it('are all embedded without a poll, although the worker for edits fetches one at a time', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn({ recordTexts: true });
    const hang = ollama.faults.add({ preset: 'hang', text: 'backlog' });
    try {
      await insertBlocks(db, 2, { content: (index) => `backlog ${index}` });
      const environment = { PALDOCS_WORKER_CONCURRENCY: '2', PALDOCS_BATCH_SIZE: '1' };
      await startWorker(db, ollama, environment, (options) => new WithoutMaintenance(options));
      await ollama.waitFor(({ stats }) => stats.hanging === 1);
      const edits = await insertBlocks(db, 3, { content: (index) => `edit ${index}` });
      for (const [index, id] of edits.entries()) await expectEmbedded(db, id, `edit ${index}`);
      hang.remove();
      await untilIdle(db);
    } finally {
      hang.remove();
      await stopWorkers();
      await ollama.stop();
    }
  });
});
