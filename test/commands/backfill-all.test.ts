import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { countJobs, insertBacklog, untilJobs } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import {
  countByStatus,
  editBlock,
  expectEmbedded,
  isVectorOf,
  jobsOf,
  readBlock,
  untilIdle,
  untilStatus,
} from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment, type WorkerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { runCli, runJson } from './cli.js';
import type { BackfillJson } from './backfill/result.js';

const OLD = new Array<number>(768).fill(1);

describeWithServer('backfill --all', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let environment: WorkerEnvironment;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true });
    environment = workerEnvironment(db, ollama, { PALDOCS_RETRY_LIMIT: '0', PALDOCS_QUEUE_LIMIT: '20' });
  });
  afterEach(async () => {
    ollama.faults.clear();
    await killProcesses();
    await stopWorkers();
    await ollama.stop();
    await db.drop();
  });

  const backfill = (...args: string[]) => runJson<BackfillJson>(environment, ['backfill', '--rate', '0', ...args]);

  it('embeds completed blocks again, each once, and keeps the old vector until it is replaced', async () => {
    const ids = await insertBacklog(db, 100, { status: 'completed', withVector: true });
    const run = WorkerProcess.start(environment, 'backfill', '--all', '--rate', '0', '--wait', '--json');
    await untilJobs(db, 20);
    expect(await countByStatus(db)).toEqual({ completed: 80, pending: 20 });
    expect(await readBlock(db, ids[0] ?? '')).toEqual({ status: 'pending', vector: OLD });
    await startWorker(db, ollama, environment);

    expect(await run.untilEnd()).toMatchObject({ status: 0 });
    expect(JSON.parse(run.stdout.join('\n'))).toMatchObject({
      found: 100,
      enqueued: 100,
      requeued: { completed: 100, error: 0, skipped: 0 },
      ended: { completed: 100, error: 0, waiting: 0 },
    });
    await expectEmbedded(db, ids[0] ?? '', 'Text number 0.');
    await expectEmbedded(db, ids[99] ?? '', 'Text number 99.');
    const times = ollama.timesEmbedded();
    expect(times.size).toBe(100);
    expect(Math.max(...times.values())).toBe(1);
  });

  it('leaves skipped blocks and blocks in error alone', async () => {
    await insertBacklog(db, 3, { status: 'completed' });
    await insertBacklog(db, 2, { status: 'skipped' });
    await insertBacklog(db, 2, { status: 'error' });
    expect(await backfill('--all')).toMatchObject({ found: 3, enqueued: 3 });
    expect(await countByStatus(db)).toEqual({ error: 2, pending: 3, skipped: 2 });
  });

  it('includes skipped blocks of a type that is named', async () => {
    await insertBacklog(db, 2, { status: 'skipped', type: 'callout' });
    await insertBacklog(db, 2, { status: 'skipped', type: 'mermaid' });
    const result = await backfill('--all', '--block-type', 'callout');
    expect(result).toMatchObject({ found: 2, requeued: { completed: 0, error: 0, skipped: 2 } });
    expect(await countByStatus(db)).toEqual({ pending: 2, skipped: 2 });
  });

  it('starts after the given block, to resume an interrupted run', async () => {
    const ids = await insertBacklog(db, 10, { status: 'completed' });
    expect(await backfill('--all', '--after', ids[6] ?? '')).toMatchObject({ found: 3, lastId: ids[9] });
  });

  it('passes over a locked block and returns to it', async () => {
    const ids = await insertBacklog(db, 10, { status: 'completed' });
    const locked = ids[4] ?? '';
    const client = await db.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [locked]);
    const run = WorkerProcess.start(environment, 'backfill', '--all', '--rate', '0', '--json');
    await run.untilLogged('other transactions have locked');
    expect(await countByStatus(db)).toEqual({ completed: 1, pending: 9 });
    expect(await countJobs(db)).toEqual({ created: 9 });
    expect(await jobsOf(db, locked)).toEqual([]);

    await client.query('COMMIT');
    await client.end();
    expect(await run.untilEnd()).toMatchObject({ status: 0 });
    expect(JSON.parse(run.stdout.join('\n'))).toMatchObject({ found: 10, enqueued: 10, lastId: ids[9] });
    expect(await countByStatus(db)).toEqual({ pending: 10 });
    expect(await countJobs(db)).toEqual({ created: 10 });
  });

  it('never deadlocks beside edits, a worker and another backfill, and every block ends with its own vector', async () => {
    environment = { ...environment, PALDOCS_QUEUE_LIMIT: '200', PALDOCS_BACKFILL_BATCH_SIZE: '60' };
    await startWorker(db, ollama, environment);
    const ids = await insertBacklog(db, 600, { status: 'completed', withVector: true });
    const runs = [backfill('--all', '--wait'), backfill('--all', '--wait')];
    let running = true;
    const editing = (async () => {
      for (let i = 0; running; i++) await editBlock(db, ids[(i * 7) % 600] ?? '', { content: `Edit ${i}.` });
    })();
    const results = await Promise.all(runs);
    running = false;
    await editing;
    await untilIdle(db);

    expect(results).toMatchObject([{ ended: { error: 0 } }, { ended: { error: 0 } }]);
    expect(await countByStatus(db)).toEqual({ completed: 600 });
    const rows = await db.query<{ text: string; vector: string }>(
      `SELECT content #>> '{}' AS text, embedding::text AS vector FROM blocks`,
    );
    const strangers = rows.filter(
      ({ text, vector }) => !isVectorOf(JSON.parse(vector) as number[], DEFAULT_INSTRUCTION + text),
    );
    expect(strangers).toEqual([]);
    const [stats] = await db.query('SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()');
    expect(stats).toEqual({ deadlocks: 0 });
  });

  it('asks before embedding more than 1,000 blocks again, and refuses without a terminal', async () => {
    environment = { ...environment, PALDOCS_QUEUE_LIMIT: '5000' };
    await insertBacklog(db, 1_001, { status: 'completed' });
    const { status, stdout, stderr } = await runCli(environment, ['backfill', '--all']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('embed 1,001 completed blocks again');
    expect(stderr).toContain('add --yes');
    expect(await countByStatus(db)).toEqual({ completed: 1_001 });

    expect(await backfill('--all', '--after', '1')).toMatchObject({ enqueued: 1_000 });
    expect(await backfill('--all', '--yes')).toMatchObject({ found: 1_001, enqueued: 1, alreadyQueued: 1_000 });
  });
});

describeWithServer('backfill --retry-errors', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeAll(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
  });
  afterAll(async () => {
    await stopWorkers();
    await ollama.stop();
  });

  it('requeues blocks in error with fresh counts and deletes their dead letters', async () => {
    const environment = workerEnvironment(db, ollama, { PALDOCS_RETRY_LIMIT: '0' });
    const poison = ollama.faults.add({ preset: 'poison', text: 'poisonous' });
    const worker = await startWorker(db, ollama, environment);
    const id = await insertBlock(db, { content: 'poisonous' });
    await untilStatus(db, id, 'error', 30_000);
    expect(await countJobs(db, 'embed-block-failed')).toEqual({ created: 1 });
    await worker.stop();
    poison.remove();

    const args = ['backfill', '--retry-errors', '--rate', '0'];
    expect(await runJson<BackfillJson>(environment, args)).toMatchObject({ found: 1, requeued: { error: 1 } });
    expect(await countByStatus(db)).toEqual({ pending: 1 });
    expect(await countJobs(db, 'embed-block-failed')).toEqual({});
    expect((await jobsOf(db, id)).at(-1)).toMatchObject({ state: 'created', data: { blockId: id, priority: 0 } });

    await startWorker(db, ollama, environment);
    await expectEmbedded(db, id, 'poisonous');
  });
});
