import { insertBacklog } from '../support/backlog.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { expectEmbedded } from '../support/worker-blocks.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { WithoutPulse } from '../support/worker-postgres.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('backlog wakes a worker that takes it', () => {
  const site = useSite({
    environment: { PALDOCS_WORKER_CONCURRENCY: '2' }, // of which one takes edits alone, and sleeps as soundly
    openDatabase: (options) => new WithoutPulse(options),
  });
  afterAll(killProcesses);

  it('when another process has enqueued it', async () => {
    const { db, ollama } = site();
    const [id = ''] = await insertBacklog(db, 1);
    const backfill = WorkerProcess.start(workerEnvironment(db, ollama), 'backfill', '--yes');
    expect(await backfill.untilEnd()).toEqual({ status: 0, signal: null });
    await expectEmbedded(db, id, 'Text number 0.');
  });

  it('when it was put off and is due', async () => {
    const { db, worker } = site();
    const [id = ''] = await insertBacklog(db, 1);
    const someone = await db.connect('someone');
    try {
      await someone.query('BEGIN');
      await someone.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [id]);
      await db.query(`SELECT pg_notify('embedding_queue', '')`); // asks for a sweep, which enqueues it
      await worker.events.until((events) => events.requeued('locked') >= 1);
      await someone.query('COMMIT');
      await expectEmbedded(db, id, 'Text number 0.');
    } finally {
      await someone.end();
    }
  });
});
