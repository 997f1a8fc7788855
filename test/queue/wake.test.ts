import { startStandIn, type StandIn } from '../../stand-in/stand-in.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment } from '../support/worker-in-process.js';
import { WithoutPulse } from '../support/worker-postgres.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';

/** Of the two one takes edits alone, and sleeps as soundly as the other. */
const TWO_WORKERS = { PALDOCS_WORKER_CONCURRENCY: '2' };

describeWithServer('backlog wakes a worker that takes it', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
  });
  afterEach(async () => {
    await stopWorkers();
    await killProcesses();
    await ollama.stop();
  });
  const start = () => startWorker(db, ollama, TWO_WORKERS, (options) => new WithoutPulse(options));

  it('when another process has enqueued it', async () => {
    await start();
    const [id = ''] = await insertBacklog(db, 1);
    const backfill = WorkerProcess.start(workerEnvironment(db, ollama), 'backfill', '--yes');
    expect(await backfill.untilEnd()).toEqual({ status: 0, signal: null });
    await expectEmbedded(db, id, 'Text number 0.');
  });

  it('when it was put off and is due', async () => {
    const [id = ''] = await insertBacklog(db, 1);
    const someone = await db.connect('someone');
    try {
      await someone.query('BEGIN');
      await someone.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [id]);
      const worker = await start();
      await worker.events.until((events) => events.requeued('locked') >= 1);
      await someone.query('COMMIT');
      await expectEmbedded(db, id, 'Text number 0.');
    } finally {
      await someone.end();
    }
  });
});
