import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import type { StatusSnapshot } from '../../src/commands/status/snapshot.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { untilIdle, untilStatus } from '../support/worker-blocks.js';
import { keepBusy, ONE_WORKER } from '../support/worker-hold.js';
import { startWorker, stopWorkers, workerEnvironment, type WorkerEnvironment } from '../support/worker-in-process.js';
import { runCli, runJson } from './cli.js';
import { documentedJson, shapeOf } from './documented-json.js';

describeWithServer('status', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let environment: WorkerEnvironment;
  beforeAll(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
    environment = workerEnvironment(db, ollama, { PALDOCS_RETRY_LIMIT: '0', PALDOCS_LOG_LEVEL: 'info' });
  });
  afterEach(stopWorkers);
  afterAll(() => ollama.stop());

  const status = () => runJson<StatusSnapshot>(environment, ['status']);

  it('works before there is a queue or a block', async () => {
    expect(await status()).toMatchObject({
      blocks: { total: 0, estimated: false, byType: {}, embeddedShare: null },
      jobs: null,
      oldestSettledSeconds: null,
      oldestWaitingSeconds: null,
      ratePerSecond: null,
      etaSeconds: null,
      workers: { count: 0, leader: null, gatesClosed: [], notificationsDown: [], held: [], instances: [] },
      hold: null,
      pause: null,
    });
    expect((await runCli(environment, ['status'])).stdout).toContain('There are no blocks.');
    expect(await db.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'pgboss'`)).toEqual([]);
  });

  it('prints blocks by status and type, jobs, rate and the leader', async () => {
    await startWorker(db, ollama, environment);
    await insertBlocks(db, 8);
    await insertBlock(db, { type: 'mermaid', content: 'graph TD' });
    ollama.faults.add({ preset: 'poison', text: 'cannot be' });
    const failed = await insertBlock(db, { type: 'heading', content: 'This cannot be embedded' });
    await untilStatus(db, failed, 'error');
    await untilIdle(db);

    const snapshot = await status();
    expect(snapshot.blocks).toEqual({
      total: 10,
      estimated: false,
      byStatus: { unset: 0, pending: 0, processing: 0, completed: 8, error: 1, skipped: 1 },
      byType: {
        heading: { unset: 0, pending: 0, processing: 0, completed: 0, error: 1, skipped: 0 },
        mermaid: { unset: 0, pending: 0, processing: 0, completed: 0, error: 0, skipped: 1 },
        paragraph: { unset: 0, pending: 0, processing: 0, completed: 8, error: 0, skipped: 0 },
      },
      embeddedShare: 8 / 9,
    });
    expect(snapshot.jobs).toEqual({ created: 0, retry: 0, active: 0, deadLetters: 1 });
    expect(snapshot.oldestSettledSeconds).toBeGreaterThan(0);
    expect(snapshot.ratePerSecond).toBeGreaterThan(0);
    expect(snapshot.workers).toEqual({
      count: 1,
      leader: 'test-0',
      gatesClosed: [],
      notificationsDown: [],
      held: [],
      instances: [
        {
          instance: 'test-0',
          leader: true,
          gateClosed: false,
          notificationsDown: false,
          held: false,
          requestTexts: 10,
        },
      ],
    });
    const { stdout, stderr } = await runCli(environment, ['status']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^all +0 +0 +8 +1 +1 +10$/m);
    expect(stdout).toMatch(/^embedded +88\.9 % \(skipped blocks not counted\)$/m);
    expect(stdout).toMatch(/^errors +1 block failed permanently \(see: embedding-worker errors\)$/m);
    expect(stdout).toMatch(/^workers +1 connected, leader test-0$/m);
    expect(stdout).toMatch(/^request size +10 texts$/m);
  });

  it('prints the longest wait and the time left as JSON of the documented shape', async () => {
    await (await startWorker(db, ollama, environment)).stop();
    await db.query(`DELETE FROM blocks WHERE block_type <> 'paragraph'`);
    await insertBlocks(db, 3);
    const worker = await startWorker(db, ollama, { ...environment, ...ONE_WORKER });
    await untilIdle(db);
    const hold = await keepBusy({ db, ollama });
    await insertBlock(db);
    await db.untilRow(
      `UPDATE pgboss.job SET data = jsonb_set(data, '{since}', to_jsonb(now() - interval '1 hour'))
       WHERE name = 'embed-block' AND state = 'created' RETURNING true AS queued`,
      [],
      () => true,
    );

    const snapshot = await status();
    expect(snapshot.oldestWaitingSeconds).toBeGreaterThan(3_599);
    expect(snapshot.oldestWaitingSeconds).toBeLessThan(3_660);
    expect(snapshot.etaSeconds).toBeGreaterThan(0);
    expect(shapeOf({ ...snapshot, workers: { ...snapshot.workers, gatesClosed: [] } })).toEqual(
      shapeOf(await documentedJson('status')),
    );
    hold.release();
    await worker.stop();
  });

  it('names the replicas that receive no notifications, whether the gate is closed or not', async () => {
    const sessions = await Promise.all([
      db.connect('embedding-worker embed-block L pod-a cn10'),
      db.connect('embedding-worker embed-block F pod-b n10'),
      db.connect('embedding-worker another F pod-c n10'),
    ]);
    expect((await status()).workers).toMatchObject({
      leader: 'pod-a',
      gatesClosed: ['pod-a'],
      notificationsDown: ['pod-a', 'pod-b'],
    });
    const { stdout } = await runCli(environment, ['status']);
    expect(stdout).toMatch(/^no notifications +pod-a, pod-b: NOTIFY does not arrive/m);
    await Promise.all(sessions.map((session) => session.end()));
  });

  it('names the replica whose gate is closed, leader or not', async () => {
    const sessions = await Promise.all([
      db.connect('embedding-worker embed-block F pod-a c10'),
      db.connect('embedding-worker embed-block F pod-b 10'),
      db.connect('embedding-worker embed-block pod-c'),
      db.connect('psql'),
    ]);
    expect((await status()).workers).toMatchObject({ count: 2, leader: null, gatesClosed: ['pod-a'] });
    const { stdout } = await runCli(environment, ['status']);
    expect(stdout).toMatch(/^gate +closed at pod-a: Ollama cannot embed now/m);
    expect(stdout).toMatch(/^workers +2 connected, no leader yet$/m);
    await Promise.all(sessions.map((session) => session.end()));
  });

  it('repeats with --watch until interrupted', async () => {
    const { status: code, stdout } = await runCli(environment, ['status', '--watch', '--interval', '0.1', '--json'], {
      onOutput: (output, interrupt) => {
        if (output.split('\n').length > 3) interrupt();
      },
    });
    expect(code).toBe(130);
    const snapshots = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as StatusSnapshot);
    expect(snapshots.length).toBeGreaterThanOrEqual(3);
    expect(new Set(snapshots.map(({ at }) => at)).size).toBe(snapshots.length);
  });

  it.each([
    [['--interval', '0'], '--interval: give a number from 0.1 to 86400'],
    [['--interval', 'soon'], '--interval: give a number from 0.1 to 86400'],
    [['--colour'], 'Unknown argument: colour'],
    [['now'], 'Unknown argument: now'],
  ])('refuses %j', async (args, message) => {
    const { status: code, stdout, stderr } = await runCli(environment, ['status', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('shows an example in its help, which needs no configuration', async () => {
    const { status: code, stdout } = await runCli({}, ['status', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('embedding-worker status --watch');
  });
});
