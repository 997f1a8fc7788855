import { PgBoss } from 'pg-boss';
import { PRIORITY } from '../../src/queue/job.js';
import { Waker } from '../../src/queue/waker.js';
import { WAKE_CHANNEL } from '../../src/queue/work-notifier.js';
import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { countJobs, insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { notify } from '../support/fixtures.js';
import { openNotifications } from '../support/notifications.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded, untilIdle } from '../support/worker-blocks.js';
import { startFollower, startWorker, stopWorkers, workerEnvironment } from '../support/worker-in-process.js';
import { MemoryLog } from '../support/worker-log.js';
import { HoldingPostgres, WithoutMaintenance } from '../support/worker-postgres.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('a worker that takes backlog is woken', () => {
  const site = useSite({
    environment: { PALDOCS_WORKER_CONCURRENCY: '2' }, // one of them takes only edits, and sleeps too
    openDatabase: (options) => new WithoutMaintenance(options),
  });
  afterAll(killProcesses);

  it('when another process enqueues it', async () => {
    const { db, ollama } = site();
    const [id = ''] = await insertBacklog(db, 1);
    const backfill = WorkerProcess.start(workerEnvironment(db, ollama), 'backfill', '--yes');
    expect(await backfill.untilEnd()).toEqual({ status: 0, signal: null });
    await expectEmbedded(db, id, 'Text number 0.');
  });

  it('when a delayed job becomes ready', async () => {
    const { db, worker } = site();
    const [id = ''] = await insertBacklog(db, 1);
    const locker = await db.connect('a locker');
    try {
      await locker.query('BEGIN');
      await locker.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [id]);
      await notify(db); // makes the worker look for pending blocks
      await worker.events.until((events) => events.requeued('locked') >= 1);
      await locker.query('COMMIT');
      await expectEmbedded(db, id, 'Text number 0.');
    } finally {
      await locker.end();
    }
  });
});

const isClaim = (text: string) => text.startsWith('\nWITH held AS MATERIALIZED');

describeWithServer('backlog for several workers', () => {
  let database: HoldingPostgres | undefined;
  const site = useSite({
    environment: { PALDOCS_WORKER_CONCURRENCY: '5' }, // one of them takes only edits
    openDatabase: (options) => (database = new HoldingPostgres(options)),
  });
  afterAll(killProcesses);

  it('wakes one of them, which wakes the next after it has claimed a full batch', async () => {
    const { db, ollama } = site();
    await insertBacklog(db, 40);
    const claim = database?.hold(isClaim);
    try {
      const backfill = WorkerProcess.start(workerEnvironment(db, ollama), 'backfill', '--yes');
      await claim?.reached();
      expect(await backfill.untilEnd()).toEqual({ status: 0, signal: null });
      expect(await countJobs(db)).toEqual({ active: 10, created: 30 });
      ollama.faults.add({ preset: 'hang', text: 'Text number' });
      claim?.release();
      await db.untilRow<{ active: number }>(
        `SELECT count(*)::int AS active FROM pgboss.job WHERE name = 'embed-block' AND state = 'active'`,
        [],
        ({ active }) => active === 40,
      );
    } finally {
      claim?.release();
      ollama.faults.clear();
    }
    await untilIdle(db);
  });
});

/** A ready job for which no worker was woken: a process that has ended delayed it. */
async function insertJob(db: TestDatabase, blockId: string): Promise<void> {
  await db.query(
    `INSERT INTO pgboss.job (name, data, policy, singleton_key, priority)
     VALUES ('embed-block', $1, 'exclusive', $2, $3)`,
    [{ blockId, since: new Date().toISOString(), priority: PRIORITY.backlog }, blockId, PRIORITY.backlog],
  );
}

describeWithServer('a delayed job that becomes ready while the leader’s worker for backlog is busy', () => {
  it('is taken by another replica', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn({ recordTexts: true });
    ollama.faults.add({ preset: 'hang', text: 'Text number 0.', count: 1 });
    try {
      const [busy = '', ready = ''] = await insertBacklog(db, 2);
      await db.query(`UPDATE blocks SET embedding_status = 'completed' WHERE id = $1`, [ready]); // no sweep finds it
      const environment = { PALDOCS_WORKER_CONCURRENCY: '2' }; // one of them takes only edits
      await startWorker(db, ollama, environment);
      await ollama.waitFor(({ stats }) => stats.hanging === 1);
      const other = await startFollower(db, ollama, environment);
      await other.quiet(); // its workers have found no job and sleep
      await db.query(`UPDATE blocks SET embedding_status = 'pending' WHERE id = $1`, [ready]);
      await insertJob(db, ready);
      await expectEmbedded(db, ready, 'Text number 1.');
      ollama.faults.clear();
      await expectEmbedded(db, busy, 'Text number 0.');
    } finally {
      ollama.faults.clear();
      await stopWorkers();
      await ollama.stop();
    }
  });
});

describeWithServer('a replica whose workers are all busy', () => {
  it('notifies the others of an edit immediately after a notification of backlog', async () => {
    const db = await createDatabase();
    const notifications = await openNotifications(await db.connect('another replica'), WAKE_CHANNEL);
    const boss = new PgBoss({ connectionString: db.url });
    const waker = new Waker({ boss, database: db, queue: 'embed-block', log: new MemoryLog() });
    try {
      waker.wakeEverywhere(30, PRIORITY.backlog);
      waker.wakeEverywhere(1, PRIORITY.live);
      expect([await notifications.next(), await notifications.next()].sort()).toEqual([
        'embed-block 1 10',
        'embed-block 30 0',
      ]);
    } finally {
      await notifications.close();
    }
  });
});
