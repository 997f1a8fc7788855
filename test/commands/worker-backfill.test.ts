import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { countJobs, insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';

describeWithServer('worker --backfill', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true });
  });
  afterEach(async () => {
    ollama.faults.clear();
    await killProcesses();
    await stopWorkers();
    await ollama.stop();
    await db.drop();
  });

  const start = (environment = {}) =>
    WorkerProcess.start(
      workerEnvironment(db, ollama, { PALDOCS_LOG_LEVEL: 'info', ...environment }),
      'worker',
      '--backfill',
    );

  it('embeds everything that waits, each block once, and ends with 0', async () => {
    await insertBacklog(db, 1_500);
    await insertBacklog(db, 3, { status: 'skipped', type: 'mermaid' });
    const job = start({ PALDOCS_QUEUE_LIMIT: '300' });
    await job.untilWorking();
    expect(await job.untilEnd(60_000)).toEqual({ status: 0, signal: null });
    expect(await countByStatus(db)).toEqual({ completed: 1_500, skipped: 3 });
    expect(Math.max(...ollama.timesEmbedded().values())).toBe(1);
    expect(await job.untilLogged('all blocks are embedded')).toMatchObject({ completed: 1_500 });
    expect(job.stdout).toEqual([]);
  });

  it('ends with 0 at once if nothing waits', async () => {
    expect(await start().untilEnd()).toMatchObject({ status: 0 });
  });

  it('ends with 1 if blocks are in error', async () => {
    await insertBacklog(db, 5);
    ollama.faults.add({ preset: 'poison', text: 'Text number 2.' });
    const job = start({ PALDOCS_RETRY_LIMIT: '0' });
    expect(await job.untilEnd()).toMatchObject({ status: 1 });
    expect(await job.untilLogged('blocks are in error')).toMatchObject({ completed: 4, inError: 1 });
  });

  it('works beside a leading worker', async () => {
    await startWorker(db, ollama, workerEnvironment(db, ollama));
    await insertBacklog(db, 500);
    expect(await start().untilEnd()).toMatchObject({ status: 0 });
    expect(await countByStatus(db)).toEqual({ completed: 500 });
    expect(await countJobs(db)).toEqual({ 'completed/stored': 500 });
  });

  it('hands its blocks back and ends with 130 on SIGTERM', async () => {
    await insertBacklog(db, 50);
    const hang = ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
    const job = start({ PALDOCS_SHUTDOWN_TIMEOUT_SECONDS: '1' });
    await ollama.waitFor(({ stats }) => stats.hanging > 0);
    job.kill('SIGTERM');
    expect(await job.untilEnd()).toEqual({ status: 130, signal: null });
    expect(await countByStatus(db)).toEqual({ pending: 50 });

    hang.remove();
    expect(await start().untilEnd()).toMatchObject({ status: 0 });
    expect(await countByStatus(db)).toEqual({ completed: 50 });
  });
});
