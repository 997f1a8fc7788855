import type { BackfillResult } from '../../src/commands/backfill/report.js';
import type { StatusSnapshot } from '../../src/commands/status/snapshot.js';
import { PRIORITY } from '../../src/queue/job.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { insertBacklog, untilJobs } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { notify } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, jobsOf, untilStatus } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { runCli, runJson } from '../commands/cli.js';

const VALUES = `'pending', 'processing', 'completed', 'error', 'skipped'`;
/** Types of the column in a table with rows older than the trigger. */
const COLUMNS = {
  text: ['ALTER TABLE blocks ALTER embedding_status DROP NOT NULL, ALTER embedding_status DROP DEFAULT'],
  'varchar(20)': ['ALTER TABLE blocks ALTER embedding_status DROP NOT NULL, ALTER embedding_status TYPE varchar(20)'],
  enum: [
    'ALTER TABLE blocks DROP CONSTRAINT blocks_embedding_status_check, ALTER embedding_status DROP DEFAULT, ALTER embedding_status DROP NOT NULL',
    `CREATE TYPE state AS ENUM (${VALUES})`,
    'ALTER TABLE blocks ALTER embedding_status TYPE state USING embedding_status::state',
    `CREATE OR REPLACE FUNCTION queue_block_embedding() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         NEW.embedding_status := 'pending'; PERFORM pg_notify('embedding_queue', NEW.id::text); RETURN NEW;
       END $$`,
  ],
  domain: [
    `CREATE DOMAIN state AS text CHECK (VALUE IN (${VALUES}))`,
    'ALTER TABLE blocks ALTER embedding_status DROP NOT NULL, ALTER embedding_status TYPE state',
  ],
};

describeWithServer('blocks whose status is NULL', () => {
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
  const insertUnset = async (count: number) => {
    const ids = await insertBacklog(db, count);
    await db.query('UPDATE blocks SET embedding_status = NULL WHERE id::text = ANY ($1)', [ids]);
    return ids;
  };
  const expectDone = async (ids: readonly string[], priority: number) => {
    for (const id of ids) {
      await untilStatus(db, id, 'completed');
      expect(await jobsOf(db, id)).toMatchObject([{ data: { priority } }]);
    }
  };

  it.each(Object.entries(COLUMNS))(
    'in a column of type %s are found by the sweep, and are edits if they are notified',
    async (_, statements) => {
      for (const statement of statements) await db.query(statement);
      const old = await insertUnset(3);
      await startWorker(db, ollama);
      await expectDone(old, PRIORITY.backlog);
      const [first = '', second = ''] = await insertUnset(2);
      await notify(db, first);
      await expectDone([first], PRIORITY.live);
      await notify(db);
      await expectDone([second], PRIORITY.live);
    },
  );

  it('are reported by `status` and `backfill --dry-run`, and embedded by `worker --backfill`', async () => {
    for (const statement of COLUMNS.enum) await db.query(statement);
    await insertUnset(4);
    const environment = workerEnvironment(db, ollama);
    const { blocks } = await runJson<StatusSnapshot>(environment, ['status']);
    expect(blocks).toMatchObject({ total: 4, byStatus: { unset: 4, pending: 0 }, embeddedShare: 0 });
    const { stdout } = await runCli(environment, ['status']);
    expect(stdout).toMatch(/^block type +unset +pending/m);
    expect(stdout).toMatch(/^remaining +4 blocks/m);
    const plan = await runJson<BackfillResult>(environment, ['backfill', '--dry-run']);
    expect(plan).toMatchObject({ found: 4, enqueued: 4, alreadyQueued: 0 });

    const run = WorkerProcess.start(environment, 'worker', '--backfill');
    expect(await run.untilEnd()).toEqual({ status: 0, signal: null });
    expect(await countByStatus(db)).toEqual({ completed: 4 });
    const after = await runCli(environment, ['status']);
    expect(after.stdout).toMatch(/^block type +pending/m);
  });

  it('are embedded by `backfill --wait` and ignored by `retry`', async () => {
    for (const statement of COLUMNS.text) await db.query(statement);
    const [first = ''] = await insertUnset(2);
    const environment = workerEnvironment(db, ollama);
    const retried = await runCli(environment, ['retry', first, '--json']);
    expect(JSON.parse(retried.stdout)).toMatchObject({
      requeued: 0,
      blocks: [{ id: first, outcome: 'not in error', status: 'unset' }],
    });
    const run = WorkerProcess.start(environment, 'backfill', '--wait', '--json');
    await untilJobs(db, 2);
    await startWorker(db, ollama);
    expect(await run.untilEnd()).toEqual({ status: 0, signal: null });
    expect(JSON.parse(run.stdout.join('\n'))).toMatchObject({ found: 2, enqueued: 2, ended: { completed: 2 } });
  });
});
