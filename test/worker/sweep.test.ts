import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { mostJobs, watchJobs } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks, withoutTriggers } from '../support/fixtures.js';
import { countByStatus, expectEmbedded, jobsOf, readBlock, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('the sweep', () => {
  const site = useSite({ environment: { PALDOCS_POLL_INTERVAL_SECONDS: '1' } });

  it('finds blocks whose notification was missed', async () => {
    const { db, worker } = site();
    const ids = await withoutTriggers(db, () => insertBlocks(db, 25));
    for (const [index, id] of ids.entries()) await expectEmbedded(db, id, `Text number ${index}.`);
    expect(worker.events.seen.bridged).toEqual([]);
  });

  it('finds blocks that were written while the listening session was lost', async () => {
    const { db, worker } = site();
    await db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'embedding-worker % L %'`,
    );
    await worker.events.until(({ seen }) => seen.listening.some(({ up }) => !up));
    const id = await withoutTriggers(db, () => insertBlock(db, { content: 'not announced' }));
    await expectEmbedded(db, id, 'not announced');
    await worker.events.until(({ seen }) => seen.leading.at(-1)?.leader === true);
  });

  it('requeues blocks that a crashed worker left processing', async () => {
    const { db, worker } = site();
    const id = await withoutTriggers(db, () => insertBlock(db, { content: 'left behind' }));
    await db.query(`UPDATE blocks SET embedding_status = 'processing' WHERE id = $1`, [id]);
    await expectEmbedded(db, id, 'left behind');
    expect(worker.events.seen.swept.reduce((sum, { reset }) => sum + reset, 0)).toBe(1);
  });

  it('removes vectors of blocks that were set skipped without a notification', async () => {
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

describeWithServer('the sweep at start', () => {
  let ollama: StandIn;
  beforeAll(async () => {
    ollama = await startStandIn({ recordTexts: true });
  });
  afterEach(async () => {
    ollama.faults.clear();
    await stopWorkers();
  });
  afterAll(() => ollama.stop());

  it('finds blocks that were written before', async () => {
    const db = await createDatabase();
    const ids = await insertBlocks(db, 25);
    const worker = await startWorker(db, ollama);
    for (const [index, id] of ids.entries()) await expectEmbedded(db, id, `Text number ${index}.`);
    expect(worker.events.seen.bridged).toEqual([]);
  });

  it('fills the queue up to its limit, and again when it is half empty', async () => {
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

  it('fills a queue later that is full at start', async () => {
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

  it('finds blocks that are written without a notification while it fills the queue', async () => {
    const db = await createDatabase();
    await insertBlocks(db, 60);
    const held = ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
    await startWorker(db, ollama, { PALDOCS_QUEUE_LIMIT: '20', PALDOCS_POLL_INTERVAL_SECONDS: '1' });
    await withoutTriggers(db, () =>
      db.query(
        `INSERT INTO blocks (id, note_id, block_type, content) SELECT -1, id, 'paragraph', '"written meanwhile"' FROM notes`,
      ),
    );
    held.remove();
    await expectEmbedded(db, '-1', 'written meanwhile');
    await untilIdle(db);
  });

  it('shows its pass in the statements of its session', async () => {
    const db = await createDatabase();
    await insertBlocks(db, 5);
    await startWorker(db, ollama);
    const { query } = await db.untilRow<{ query: string }>(
      `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'embedding-worker % L %'`,
      [],
      ({ query }) => query.includes('"lastAt":"'),
    );
    const state = /\/\* embedding-worker pass (.*) \*\//.exec(query)?.[1] ?? '';
    expect(JSON.parse(state)).toMatchObject({ share: null, throughIndex: false, left: 0 });
  });
});
