import { setTimeout as sleep } from 'node:timers/promises';
import { insertBacklog, mostJobs, untilJobs, watchJobs } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus } from '../support/worker-blocks.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';

const BLOCKS = 100_000;
const LIMIT = 3_000;

/** Finishes the oldest jobs as workers would, and deletes them. */
const WORK = `
WITH done AS (
  DELETE FROM pgboss.job WHERE name = 'embed-block' AND id IN (
    SELECT id FROM pgboss.job WHERE name = 'embed-block' AND state = 'created' ORDER BY created_on LIMIT 1000)
  RETURNING singleton_key)
UPDATE blocks SET embedding_status = 'completed' FROM done
 WHERE id = singleton_key::bigint AND embedding_status = 'pending' RETURNING id`;

describeWithServer('two backfills of 100,000 pending blocks into a queue that may hold 3,000 jobs', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createDatabase();
  });
  afterAll(killProcesses);

  it('enqueue each block once and never exceed the limit', async () => {
    const environment = workerEnvironment(db, { url: 'http://127.0.0.1:1' }, { PALDOCS_QUEUE_LIMIT: String(LIMIT) });
    const start = () => WorkerProcess.start(environment, 'backfill', '--rate', '0', '--json');
    await start().untilEnd(); // creates the queue
    await watchJobs(db);
    await insertBacklog(db, BLOCKS);
    const runs = [start(), start()];
    await untilJobs(db, LIMIT);

    let worked = 0;
    while (worked < BLOCKS) {
      const { length } = await db.query(WORK);
      worked += length;
      if (length === 0) await sleep(20);
    }
    let enqueued = 0;
    for (const run of runs) {
      expect(await run.untilEnd()).toEqual({ status: 0, signal: null });
      enqueued += (JSON.parse(run.stdout.join('\n')) as { enqueued: number }).enqueued;
    }
    expect(enqueued).toBe(BLOCKS);
    expect(await countByStatus(db)).toEqual({ completed: BLOCKS });
    expect(await mostJobs(db)).toBe(LIMIT);
  }, 180_000);
});
