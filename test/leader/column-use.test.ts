import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { SECOND_MODEL_ENVIRONMENT, secondModelSql } from '../../tools/second-model.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { runDoctorChecks } from '../support/doctor-checks.js';
import { insertBlock } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded } from '../support/worker-blocks.js';
import { get } from '../support/worker-http.js';
import { startFollower, startWorker, stopWorkers } from '../support/worker-in-process.js';

const OTHER_QUEUE = { PALDOCS_QUEUE: 'embed-block-v2' };
const OTHER_EMBEDDING = { PALDOCS_BLOCKS_EMBEDDING_COLUMN: 'embedding_v2' };
const OTHER_STATUS = { PALDOCS_BLOCKS_STATUS_COLUMN: 'embedding_v2_status' };

const LOCKS = `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

describeWithServer('the columns of a running worker', () => {
  let ollama: StandIn;
  let db: TestDatabase;
  beforeEach(async () => {
    ollama = await startStandIn();
    db = await createDatabase();
    await db.query(secondModelSql());
  });
  afterEach(async () => {
    await stopWorkers();
    await ollama.stop();
  });

  it.each([
    ['both columns', {}, 'public.blocks.embedding and public.blocks.embedding_status are'],
    ['only the vectors', OTHER_STATUS, 'public.blocks.embedding is'],
    ['only the status', OTHER_EMBEDDING, 'public.blocks.embedding_status is'],
  ])('are refused to a worker of another queue: %s', async (_, columns, named) => {
    await startWorker(db, ollama);
    await expect(startFollower(db, ollama, { ...OTHER_QUEUE, ...columns })).rejects.toMatchObject({
      code: 'COLUMN_IN_USE',
      message: `${named} already written by a running worker of the queue embed-block, and this worker's queue is embed-block-v2: the vectors of two models would be mixed`,
      fix: expect.stringContaining('PALDOCS_QUEUE=embed-block\n') as string,
    });
  });

  it('are refused before a queue is created', async () => {
    await startWorker(db, ollama);
    await startFollower(db, ollama, OTHER_QUEUE).catch(() => undefined);
    expect(await db.query(`SELECT name FROM pgboss.queue WHERE name LIKE 'embed-block-v2%'`)).toEqual([]);
  });

  it('are shared by the replicas of its queue', async () => {
    await startWorker(db, ollama);
    await startFollower(db, ollama);
    const id = await insertBlock(db, { content: 'shared' });
    await expectEmbedded(db, id, 'shared');
  });

  it('leave other columns to the worker of another queue', async () => {
    const first = await startWorker(db, ollama);
    const second = await startWorker(db, ollama, SECOND_MODEL_ENVIRONMENT);
    const id = await insertBlock(db, { content: 'embedded twice' });
    await expectEmbedded(db, id, 'embedded twice');
    await db.untilRow<{ status: string }>(
      'SELECT embedding_v2_status AS status FROM blocks',
      [],
      ({ status }) => status === 'completed',
    );
    expect([first, second].map(({ events }) => events.seen.hold)).toEqual([[], []]);
  });

  it('are free once it has stopped', async () => {
    const first = await startWorker(db, ollama);
    await first.stop();
    await startWorker(db, ollama, OTHER_QUEUE);
    const id = await insertBlock(db, { content: 'taken over' });
    await expectEmbedded(db, id, 'taken over');
  });

  it('are locked by each session of its own, and by no other', async () => {
    await startWorker(db, ollama);
    await db.untilRow<{ n: number }>(LOCKS, [], ({ n }) => n === 2);
    await startFollower(db, ollama);
    await db.untilRow<{ n: number }>(LOCKS, [], ({ n }) => n === 4);
    await stopWorkers();
    await db.untilRow<{ n: number }>(LOCKS, [], ({ n }) => n === 0);
  });

  it('hold its work if another queue’s worker took them while its session was lost, until that one stops', async () => {
    const worker = await startWorker(db, ollama);
    // A session that looks like that of the other worker, since a real one does not start while this one runs.
    const other = await db.connect('embedding-worker embed-block-v2 L other001 10');
    try {
      await other.query(
        `SELECT pg_advisory_lock_shared(hashtext('public.blocks.embedding'), hashtext('embed-block-v2'))`,
      );
      await db.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE 'embedding-worker embed-block L %'`,
      );
      await worker.events.until(({ seen }) => seen.hold.some(({ reason }) => reason === 'COLUMN_IN_USE'));
      const { status, text } = await get(`${worker.url}/readyz`);
      expect([status, text]).toEqual([200, expect.stringContaining('COLUMN_IN_USE')]);
      const id = await insertBlock(db, { content: 'after the hold' });
      await other.end();
      await worker.events.until(({ seen }) => seen.hold.at(-1)?.reason === null);
      await expectEmbedded(db, id, 'after the hold');
      await db.untilRow<{ n: number }>(LOCKS, [], ({ n }) => n === 2);
    } finally {
      await other.end().catch(() => undefined);
    }
  });

  it('do not count if only another program holds such a lock', async () => {
    const other = await db.connect('another program');
    try {
      await other.query(
        `SELECT pg_advisory_lock_shared(hashtext('public.blocks.embedding'), hashtext('embed-block-v2'))`,
      );
      await startWorker(db, ollama);
    } finally {
      await other.end();
    }
  });

  it('are named by doctor with the same fix', async () => {
    await startWorker(db, ollama);
    const environment = { PALDOCS_DATABASE_URL: db.url, ...OTHER_QUEUE };
    const results = await runDoctorChecks(environment, ['database', 'pgvector', 'tables']);
    expect(results.find(({ name }) => name === 'tables')).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('by a running worker of the queue embed-block,') as string,
      fix: expect.stringContaining('docs/change-of-model.md') as string,
    });
    const own = await runDoctorChecks({ PALDOCS_DATABASE_URL: db.url }, ['database', 'pgvector', 'tables']);
    expect(own.find(({ name }) => name === 'tables')).toMatchObject({ status: 'ok' });
  });
});
