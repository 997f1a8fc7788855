import { PgBoss } from 'pg-boss';
import { PRIORITY } from '../../src/queue/job.js';
import { Waker } from '../../src/queue/waker.js';
import { WAKE_CHANNEL } from '../../src/queue/work-notifier.js';
import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { countJobs, insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { openNotifications } from '../support/notifications.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded, untilIdle } from '../support/worker-blocks.js';
import { startFollower, startWorker, stopWorkers, workerEnvironment } from '../support/worker-in-process.js';
import { MemoryLog } from '../support/worker-log.js';
import { HoldingPostgres, WithoutMaintenance } from '../support/worker-postgres.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('backlog wakes a worker that takes it', () => {
  const site = useSite({
    environment: { PALDOCS_WORKER_CONCURRENCY: '2' }, // of which one takes edits alone, and sleeps as soundly
    openDatabase: (options) => new WithoutMaintenance(options),
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
      await db.query(`SELECT pg_notify('embedding_queue', '')`); // has it looked for what is pending
      await worker.events.until((events) => events.requeued('locked') >= 1);
      await someone.query('COMMIT');
      await expectEmbedded(db, id, 'Text number 0.');
    } finally {
      await someone.end();
    }
  });
});

const isClaim = (text: string) => text.startsWith('\nWITH held AS MATERIALIZED');

describeWithServer('backlog for several workers', () => {
  let database: HoldingPostgres | undefined;
  const site = useSite({
    environment: { PALDOCS_WORKER_CONCURRENCY: '5' }, // of which one takes edits alone
    openDatabase: (options) => (database = new HoldingPostgres(options)),
  });
  afterAll(killProcesses);

  it('wakes one of them, and that one the next when it has claimed all that it fetches at once', async () => {
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

/** As it lies in the queue when nobody was woken for it: it was put off, and who put it off is gone. */
async function insertJob(db: TestDatabase, blockId: string): Promise<void> {
  await db.query(
    `INSERT INTO pgboss.job (name, data, policy, singleton_key, priority)
     VALUES ('embed-block', $1, 'exclusive', $2, $3)`,
    [{ blockId, since: new Date().toISOString(), priority: PRIORITY.backlog }, blockId, PRIORITY.backlog],
  );
}

describeWithServer('backlog that has become due beside a leader whose worker for backlog is busy', () => {
  it('wakes that of another replica', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn({ recordTexts: true });
    ollama.faults.add({ preset: 'hang', text: 'Text number 0.', count: 1 });
    try {
      const [busy = '', due = ''] = await insertBacklog(db, 2);
      await db.query(`UPDATE blocks SET embedding_status = 'completed' WHERE id = $1`, [due]); // no sweep finds it
      const environment = { PALDOCS_WORKER_CONCURRENCY: '2' }; // of which one takes edits alone
      await startWorker(db, ollama, environment);
      await ollama.waitFor(({ stats }) => stats.hanging === 1);
      const other = await startFollower(db, ollama, environment);
      await other.quiet(); // its workers have found nothing, and sleep
      await db.query(`UPDATE blocks SET embedding_status = 'pending' WHERE id = $1`, [due]);
      await insertJob(db, due);
      await expectEmbedded(db, due, 'Text number 1.');
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
  it('tells the others of an edit at once, though it has just told them of backlog', async () => {
    const db = await createDatabase();
    const heard = await openNotifications(await db.connect('another replica'), WAKE_CHANNEL);
    const boss = new PgBoss({ connectionString: db.url });
    const waker = new Waker({ boss, database: db, queue: 'embed-block', batchSize: 10, log: new MemoryLog() });
    try {
      waker.wakeEverywhere(30, PRIORITY.backlog);
      waker.wakeEverywhere(1, PRIORITY.live);
      expect([await heard.next(), await heard.next()].sort()).toEqual(['embed-block 1 10', 'embed-block 30 0']);
    } finally {
      await heard.close();
    }
  });
});
