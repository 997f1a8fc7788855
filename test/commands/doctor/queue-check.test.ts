import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { insertBlocks } from '../../support/fixtures.js';
import type { TestDatabase } from '../../support/test-database.js';
import { startWorker, stopWorkers } from '../../support/worker-in-process.js';
import { runCheck } from './run-check.js';

describeWithServer('the check of the queue', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeAll(async () => (ollama = await startStandIn()));
  beforeEach(async () => {
    db = await createDatabase();
    await insertBlocks(db, 2);
  });
  afterEach(async () => {
    await stopWorkers();
    await db.drop();
  });
  afterAll(() => ollama.stop());

  it('detects that pg-boss’s schema differs, and gives the statement that fixes it', async () => {
    await (await startWorker(db, ollama)).stop();
    await db.query('DROP INDEX pgboss.job_common_i6');
    const result = await runCheck('queue', db, ollama);
    expect(result).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('differs from what pg-boss expects: missing indexes') as string,
    });
    await db.query(result?.fix ?? '');
    expect(await runCheck('queue', db, ollama)).toMatchObject({ status: 'ok' });

    await db.query('ALTER TABLE pgboss.warning DROP COLUMN message');
    expect(await runCheck('queue', db, ollama)).toMatchObject({
      status: 'failed',
      fix: expect.stringContaining('DROP SCHEMA "pgboss" CASCADE') as string,
    });
  });

  it('detects a queue whose policy loses edits, and a schema of another version', async () => {
    await (await startWorker(db, ollama)).stop();
    await db.query(`UPDATE pgboss.queue SET policy = 'standard' WHERE name = 'embed-block'`);
    expect(await runCheck('queue', db, ollama)).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('the policy standard, not exclusive') as string,
    });
    await db.query('UPDATE pgboss.version SET version = version - 1');
    expect(await runCheck('queue', db, ollama)).toMatchObject({
      status: 'warning',
      fix: 'start a worker of this version, which migrates it',
    });
    await db.query('UPDATE pgboss.version SET version = version + 2');
    expect(await runCheck('queue', db, ollama)).toMatchObject({ status: 'warning', fix: 'update this worker' });
  });
});
