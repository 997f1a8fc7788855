import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment, type WorkerEnvironment } from '../support/worker-in-process.js';
import { runCli, runJson } from './cli.js';
import type { BackfillJson } from './backfill/result.js';

describeWithServer('backfill --wait', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let environment: WorkerEnvironment;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
    environment = workerEnvironment(db, ollama, { PALDOCS_RETRY_LIMIT: '0' });
    await startWorker(db, ollama, environment);
  });
  afterEach(async () => {
    ollama.faults.clear();
    await stopWorkers();
    await ollama.stop();
    await db.drop();
  });

  it('ends when every block it found is embedded, and wakes the workers', async () => {
    await insertBacklog(db, 500);
    const { ended, seconds } = await runJson<BackfillJson>(environment, ['backfill', '--rate', '0', '--wait']);
    expect(ended).toEqual({ completed: 500, skipped: 0, error: 0, gone: 0, waiting: 0 });
    expect(await countByStatus(db)).toEqual({ completed: 500 });
    expect(seconds).toBeLessThan(30); // half of the workers' polling interval
  });

  it('fails if blocks ended in error, and says how many and where to see why', async () => {
    ollama.faults.add({ preset: 'poison', text: 'Text number 3.' });
    await insertBacklog(db, 6);
    const { status, stdout, stderr } = await runCli(environment, ['backfill', '--wait']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^Completed {7}5 {2}in /m);
    expect(stdout).toMatch(/^In error {8}1 {2}see: embedding-worker errors$/m);
    expect(stderr).toContain('embedding-worker: 1 block ended in error; see: embedding-worker errors\n');
  });

  it('ignores blocks in error that are not its own', async () => {
    await insertBacklog(db, 2, { status: 'error' });
    await insertBacklog(db, 2);
    const { ended } = await runJson<BackfillJson>(environment, ['backfill', '--wait']);
    expect(ended).toMatchObject({ completed: 2, error: 0 });
  });
});
