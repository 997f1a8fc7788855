import { setTimeout as sleep } from 'node:timers/promises';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';

/** SLOW_TESTS holds the lock longer than the driver's timeout; otherwise only longer than the lock timeout. */
const isSlow = (process.env['SLOW_TESTS'] ?? '') !== '';
const HELD_MS = isSlow ? 70_000 : 4_000;
const BLOCKS = isSlow ? 5_000 : 1_000;
/** Its pg-boss workers, 4 spare ones, and the listening session (docs/scaling.md). */
const DOCUMENTED = 15;

describeWithServer('a worker with a backlog', () => {
  let ollama: StandIn;
  let db: TestDatabase;
  beforeAll(async () => {
    ollama = await startStandIn();
  });
  beforeEach(async () => {
    db = await createDatabase();
  });
  afterEach(killProcesses);
  afterAll(() => ollama.stop());

  const connections = async () => {
    const [row] = await db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'embedding-worker%'`,
    );
    return row?.n ?? 0;
  };
  const LEFT = `SELECT count(*)::int AS n FROM blocks WHERE embedding_status <> 'completed'`;
  const ACTIVE = `SELECT count(*)::int AS n FROM pgboss.job WHERE state = 'active'`;

  it.each([
    'blocks IN SHARE MODE',
    'notes IN ACCESS EXCLUSIVE MODE',
    'pgboss.job_common IN ACCESS EXCLUSIVE MODE',
    ...(isSlow ? ['blocks IN ACCESS EXCLUSIVE MODE', 'pgboss.queue IN ACCESS EXCLUSIVE MODE'] : []),
  ])(
    'opens no more connections than documented during LOCK TABLE %s, and resumes afterwards',
    async (lock) => {
      const worker = WorkerProcess.start(workerEnvironment(db, ollama));
      await worker.untilWorking();
      await insertBlocks(db, BLOCKS);
      await db.untilRow<{ n: number }>(ACTIVE, [], ({ n }) => n > 0);
      const holder = await db.connect();
      await holder.query(`BEGIN; LOCK TABLE ${lock}`);
      let most = 0;
      for (const end = performance.now() + HELD_MS; performance.now() < end; await sleep(20)) {
        most = Math.max(most, await connections());
      }
      await holder.end();
      expect(most).toBeLessThanOrEqual(DOCUMENTED);
      await db.untilRow<{ n: number }>(LEFT, [], ({ n }) => n === 0, 60_000);
    },
    HELD_MS + 120_000,
  );
});
