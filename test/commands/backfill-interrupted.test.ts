import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { countJobs, insertBacklog, untilJobs } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { runJson } from './cli.js';
import type { BackfillJson } from './backfill/result.js';

describeWithServer('a backfill that is interrupted', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true });
  });
  afterEach(async () => {
    await killProcesses();
    await stopWorkers();
    await ollama.stop();
    await db.drop();
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s stops between two batches and reports how far it came',
    async (signal) => {
      await insertBacklog(db, 2_000);
      const environment = workerEnvironment(db, ollama);
      const run = WorkerProcess.start(environment, 'backfill', '--rate', '100', '--json');
      await untilJobs(db, 200);
      run.kill(signal);

      expect(await run.untilEnd(5_000)).toEqual({ status: 130, signal: null });
      const result = JSON.parse(run.stdout.join('\n')) as BackfillJson;
      const { created = 0 } = await countJobs(db);
      expect(created % 100).toBe(0);
      expect(result).toMatchObject({ interrupted: true, found: created, enqueued: created, lastId: null });
      expect(run.stderr).toContain(
        `embedding-worker: interrupted after ${created} of 2,000 blocks: nothing is lost; to continue, run the same command again`,
      );

      const rest = await runJson<BackfillJson>(environment, ['backfill', '--rate', '0']);
      expect(rest).toMatchObject({ found: 2_000, enqueued: 2_000 - created, alreadyQueued: created });
      expect(await countJobs(db)).toEqual({ created: 2_000 });
    },
  );

  it('names with --all the block after which to continue', async () => {
    await insertBacklog(db, 600, { status: 'completed' });
    const run = WorkerProcess.start(workerEnvironment(db, ollama), 'backfill', '--all', '--rate', '100');
    await untilJobs(db, 100);
    run.kill('SIGINT');
    expect(await run.untilEnd(5_000)).toMatchObject({ status: 130 });
    const { pending = 0 } = await countByStatus(db);
    expect(await countJobs(db)).toEqual({ created: pending });
    expect(run.stderr.at(-1)).toContain(`run the same command again with --after ${pending}`);
    const args = ['backfill', '--all', '--rate', '0', '--after', String(pending)];
    expect(await runJson<BackfillJson>(workerEnvironment(db, ollama), args)).toMatchObject({ enqueued: 600 - pending });
    expect(await countJobs(db)).toEqual({ created: 600 });
  });

  it('while waiting says that the workers continue', async () => {
    await insertBacklog(db, 10);
    const run = WorkerProcess.start(workerEnvironment(db, ollama), 'backfill', '--rate', '0', '--wait', '--json');
    await untilJobs(db, 10);
    await run.untilLogged('waiting for all blocks to be embedded');
    run.kill('SIGINT');
    expect(await run.untilEnd(5_000)).toMatchObject({ status: 130 });
    expect(run.stderr.at(-1)).toBe(
      'embedding-worker: interrupted after 10 of 10 blocks: all are enqueued, and the workers continue',
    );
    expect(JSON.parse(run.stdout.join('\n'))).toMatchObject({
      interrupted: true,
      ended: { completed: 0, waiting: 10 },
    });
  });

  it('while the queue is full ends at once', async () => {
    await insertBacklog(db, 50);
    const environment = workerEnvironment(db, ollama, { PALDOCS_QUEUE_LIMIT: '20' });
    const run = WorkerProcess.start(environment, 'backfill', '--rate', '0', '--json');
    await untilJobs(db, 20);
    run.kill('SIGINT');
    expect(await run.untilEnd(5_000)).toMatchObject({ status: 130 });
    expect(JSON.parse(run.stdout.join('\n'))).toMatchObject({ enqueued: 20, lastId: null });
  });

  it('by SIGKILL twice, beside a running worker, enqueues no block twice and misses none', async () => {
    await insertBacklog(db, 3_000, { status: 'completed' });
    const environment = workerEnvironment(db, ollama, { PALDOCS_QUEUE_LIMIT: '500' });
    await startWorker(db, ollama, environment);
    await insertBacklog(db, 3_000); // the next sweep, a minute from now, has not seen them
    for (const jobs of [300, 900]) {
      const killed = WorkerProcess.start(environment, 'backfill', '--rate', '2000', '--batch-size', '50');
      await untilJobs(db, jobs);
      killed.kill('SIGKILL');
      await killed.untilEnd();
    }
    const [first, second] = await Promise.all([
      runJson<BackfillJson>(environment, ['backfill', '--rate', '0', '--wait']),
      runJson<BackfillJson>(environment, ['backfill', '--rate', '0', '--wait']),
    ]);
    expect(first.ended).toMatchObject({ error: 0, waiting: 0 });
    expect(second.ended).toMatchObject({ error: 0, waiting: 0 });
    expect(await countByStatus(db)).toEqual({ completed: 6_000 });
    expect(await countJobs(db)).toEqual({ 'completed/stored': 3_000 });
    const times = ollama.timesEmbedded();
    expect(times.size).toBe(3_000);
    expect(Math.max(...times.values())).toBe(1);
  });
});
