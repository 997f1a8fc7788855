import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { mostJobs, watchJobs } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, expectEmbedded, jobsOf, readBlock, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { useSite } from '../support/worker-site.js';

/** Does what the API does, and notifies nobody. */
async function silently<T>(db: TestDatabase, work: () => Promise<T>): Promise<T> {
  await db.query('ALTER TABLE blocks DISABLE TRIGGER USER');
  try {
    return await work();
  } finally {
    await db.query('ALTER TABLE blocks ENABLE TRIGGER USER');
  }
}

describeWithServer('the sweep', () => {
  const site = useSite({ environment: { PALDOCS_POLL_INTERVAL_SECONDS: '1' } });

  it('finds blocks whose notification was missed', async () => {
    const { db, worker } = site();
    const ids = await silently(db, () => insertBlocks(db, 25));
    for (const [index, id] of ids.entries()) await expectEmbedded(db, id, `Text number ${index}.`);
    expect(worker.events.seen.bridged).toEqual([]);
  });

  it('finds blocks that were written while the session that listens was lost', async () => {
    const { db, worker } = site();
    await db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'embedding-worker % L %'`,
    );
    await worker.events.until(({ seen }) => seen.listening.some(({ up }) => !up));
    const id = await silently(db, () => insertBlock(db, { content: 'unheard' }));
    await expectEmbedded(db, id, 'unheard');
    await worker.events.until(({ seen }) => seen.leading.at(-1)?.leader === true);
  });

  it('takes blocks up again that a dead worker left processing', async () => {
    const { db, worker } = site();
    const id = await silently(db, () => insertBlock(db, { content: 'left behind' }));
    await db.query(`UPDATE blocks SET embedding_status = 'processing' WHERE id = $1`, [id]);
    await expectEmbedded(db, id, 'left behind');
    expect(worker.events.seen.swept.reduce((sum, { reset }) => sum + reset, 0)).toBe(1);
  });

  it('takes the vector from blocks that were skipped without a word', async () => {
    const { db, worker } = site();
    const id = await insertBlock(db, { content: 'has a vector' });
    await expectEmbedded(db, id, 'has a vector');
    await db.query(`UPDATE blocks SET embedding_status = 'skipped' WHERE id = $1`, [id]);
    await worker.events.until(({ seen }) => seen.swept.some(({ cleared }) => cleared === 1));
    expect(await readBlock(db, id)).toEqual({ status: 'skipped', vector: null });
  });

  it('leaves completed blocks alone', async () => {
    const { db, worker, ollama } = site();
    const id = await insertBlock(db, { content: 'done' });
    await expectEmbedded(db, id, 'done');
    ollama.forgetRequests();
    const before = worker.events.seen.swept.length;
    await worker.events.until(({ seen }) => seen.swept.length > before);
    expect(await jobsOf(db, id)).toHaveLength(1);
    expect(ollama.requests).toEqual([]);
  });
});

describeWithServer('a worker that starts', () => {
  let ollama: StandIn;
  beforeAll(async () => {
    ollama = await startStandIn({ recordTexts: true });
  });
  afterEach(async () => {
    ollama.faults.clear();
    await stopWorkers();
  });
  afterAll(() => ollama.stop());

  it('embeds what was written before', async () => {
    const db = await createDatabase();
    const ids = await insertBlocks(db, 25);
    const worker = await startWorker(db, ollama);
    for (const [index, id] of ids.entries()) await expectEmbedded(db, id, `Text number ${index}.`);
    expect(worker.events.seen.bridged).toEqual([]);
  });

  it('fills the queue no further than its limit, and again when it is half empty', async () => {
    const db = await createDatabase();
    await insertBlocks(db, 100);
    const held = ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
    const worker = await startWorker(db, ollama, { PALDOCS_QUEUE_LIMIT: '20' });
    expect(worker.events.seen.swept).toMatchObject([{ enqueued: 20, left: 80 }]);
    await watchJobs(db);
    held.remove();
    await untilIdle(db);
    expect(await countByStatus(db)).toEqual({ completed: 100 });
    const most = await mostJobs(db);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(20);
  });

  it('fills the queue up where it was full to begin with', async () => {
    const db = await createDatabase();
    await insertBlocks(db, 60);
    const held = ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
    const environment = { PALDOCS_QUEUE_LIMIT: '20', PALDOCS_SHUTDOWN_TIMEOUT_SECONDS: '1' };
    await (await startWorker(db, ollama, environment)).stop();
    const second = await startWorker(db, ollama, environment);
    expect(second.events.seen.swept).toMatchObject([{ enqueued: 0, left: 40 }]);
    held.remove();
    await untilIdle(db);
    expect(await countByStatus(db)).toEqual({ completed: 60 });
  });

  it('finds those behind it, too, while it fills the queue', async () => {
    const db = await createDatabase();
    await insertBlocks(db, 60);
    const held = ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
    await startWorker(db, ollama, { PALDOCS_QUEUE_LIMIT: '20' });
    await silently(db, () =>
      db.query(
        `INSERT INTO blocks (id, note_id, block_type, content) SELECT -1, id, 'paragraph', '"behind"' FROM notes`,
      ),
    );
    held.remove();
    await untilIdle(db);
    await expectEmbedded(db, '-1', 'behind');
  });
});
