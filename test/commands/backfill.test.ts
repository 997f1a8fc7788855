import { countJobs, insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertNote } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, jobsOf } from '../support/worker-blocks.js';
import { workerEnvironment, type WorkerEnvironment } from '../support/worker-in-process.js';
import { runCli, runJson } from './cli.js';
import type { BackfillJson } from './backfill/result.js';
import { documentedJson, shapeOf } from './documented-json.js';

const NO_OLLAMA = { url: 'http://127.0.0.1:1' };
const NONE_REQUEUED = { completed: 0, error: 0, skipped: 0 };

describeWithServer('backfill', () => {
  let db: TestDatabase;
  let environment: WorkerEnvironment;
  beforeEach(async () => {
    db = await createDatabase();
    environment = workerEnvironment(db, NO_OLLAMA);
  });
  afterEach(() => db.drop());

  const backfill = (...args: string[]) => runJson<BackfillJson>(environment, ['backfill', '--rate', '0', ...args]);

  it('enqueues pending blocks behind all live edits, and none twice', async () => {
    const ids = await insertBacklog(db, 1_234);
    await insertBacklog(db, 10, { status: 'completed' });
    const { seconds, ...result } = await backfill();
    expect(result).toEqual({
      dryRun: false,
      interrupted: false,
      estimated: false,
      found: 1_234,
      enqueued: 1_234,
      alreadyQueued: 0,
      requeued: NONE_REQUEUED,
      lastId: '1244',
      ended: null,
    });
    expect(seconds).toBeGreaterThan(0);
    expect(await countJobs(db)).toEqual({ created: 1_234 });
    expect(await jobsOf(db, ids[0] ?? '')).toMatchObject([{ state: 'created', data: { priority: 0 } }]);

    expect(await backfill()).toMatchObject({ found: 1_234, enqueued: 0, alreadyQueued: 1_234 });
    expect(await countJobs(db)).toEqual({ created: 1_234 });
  });

  it('prints aligned lines of text', async () => {
    await insertBacklog(db, 1_200);
    const quiet = { ...environment, PALDOCS_LOG_LEVEL: 'warn' };
    const { status, stdout, stderr } = await runCli(quiet, ['backfill', '--rate', '0']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(['Found           1,200', 'Enqueued        1,200', 'Already queued      0', ''].join('\n'));
  });

  it('prints JSON of the documented shape', async () => {
    await insertBacklog(db, 2);
    const documented = (await documentedJson('backfill')) as BackfillJson;
    expect(shapeOf({ ...(await backfill()), ended: documented.ended })).toEqual(shapeOf(documented));
  });

  it('has nothing to do in an empty database', async () => {
    expect(await backfill()).toMatchObject({ found: 0, enqueued: 0, lastId: null });
  });

  it('only counts in a dry run, and does not even create the queue', async () => {
    await insertBacklog(db, 30);
    await insertBacklog(db, 5, { status: 'completed' });
    await insertBacklog(db, 2, { status: 'error' });
    expect(await backfill('--dry-run', '--all', '--retry-errors')).toMatchObject({
      dryRun: true,
      found: 37,
      enqueued: 37,
      alreadyQueued: 0,
      requeued: { completed: 5, error: 2, skipped: 0 },
    });
    expect(await db.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'pgboss'`)).toEqual([]);
    await backfill('--after', '10');
    expect(await backfill('--dry-run')).toMatchObject({ found: 30, enqueued: 10, alreadyQueued: 20 });
    expect(await countByStatus(db)).toEqual({ completed: 5, error: 2, pending: 30 });
  });

  it('filters by type and by note', async () => {
    const noteId = await insertNote(db);
    await insertBacklog(db, 3, { noteId });
    await insertBacklog(db, 4, { noteId, type: 'heading' });
    await insertBacklog(db, 5, { type: 'heading' });
    await insertBacklog(db, 6, { type: 'code' });
    expect(await backfill('--dry-run')).toMatchObject({ found: 18 });
    expect(await backfill('--dry-run', '--block-type', 'heading')).toMatchObject({ found: 9 });
    expect(await backfill('--dry-run', '--block-type', 'heading', '--block-type', 'code')).toMatchObject({ found: 15 });
    expect(await backfill('--note', noteId, '--block-type', 'heading')).toMatchObject({ found: 4, enqueued: 4 });
    expect(await countJobs(db)).toEqual({ created: 4 });
  });

  it('keeps to the rate', async () => {
    await insertBacklog(db, 120);
    const { seconds, enqueued } = await runJson<BackfillJson>(environment, ['backfill', '--rate', '50']);
    expect(enqueued).toBe(120);
    expect(seconds).toBeGreaterThan(2);
  });

  it('enqueues blocks that a crashed worker left in processing', async () => {
    await insertBacklog(db, 3, { status: 'processing' });
    expect(await backfill()).toMatchObject({ found: 3, enqueued: 3 });
  });

  it('warns of a type that no block has', async () => {
    await insertBacklog(db, 1);
    const { status, stderr } = await runCli(environment, ['backfill', '--block-type', 'heding']);
    expect(status).toBe(0);
    expect(JSON.parse(stderr)).toMatchObject({ level: 'warn', unknown: ['heding'], types: ['paragraph'] });
  });
});

describeWithServer('backfill with invalid arguments', () => {
  let environment: WorkerEnvironment;
  beforeAll(async () => {
    environment = workerEnvironment(await createDatabase(), NO_OLLAMA);
  });

  it.each([
    [['--rate', 'fast'], '--rate: give a whole number from 0 to'],
    [['--rate', '-1'], '--rate: give a whole number from 0 to'],
    [['--rate='], '--rate: give a value'],
    [['--rate'], '--rate: give a value'],
    [['--rate', '1', '--rate', '2'], '--rate: give it once'],
    [['--note'], '--note: give a value'],
    [['--batch-size', '0'], '--batch-size: give a whole number from 1 to 10000'],
    [['--batch-size', '1.5'], '--batch-size: give a whole number'],
    [['--note', 'seven'], '--note: "seven" is not a note id; ids are of type bigint'],
    [['--note', '7', '--note', '8'], '--note: there is no note 7, 8'],
    [['--block-type', ''], '--block-type: give a value'],
    [['--after', 'x'], '--after: "x" is not a block id; ids are of type bigint'],
    [['--after', '1', '--after', '2'], '--after: give it once'],
    [['--wait', '--dry-run'], '--wait and --dry-run: give only one'],
    [['--exact'], '--exact: give it with --dry-run'],
    [['--everything'], 'Unknown argument: everything'],
    [['17'], 'Unknown argument: 17'],
  ])('refuses %j', async (args, message) => {
    const { status, stdout, stderr } = await runCli(environment, ['backfill', ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describeWithServer('backfill of blocks with other ids', () => {
  it.each(['integer', 'uuid', 'text'] as const)('goes through ids of type %s once each', async (idType) => {
    const db = await createDatabase({ idType });
    const environment = workerEnvironment(db, NO_OLLAMA, { PALDOCS_BACKFILL_BATCH_SIZE: '7' });
    await insertBacklog(db, 50);
    await insertBacklog(db, 20, { status: 'completed' });
    const all = await runJson<BackfillJson>(environment, ['backfill', '--rate', '0', '--all']);
    expect(all).toMatchObject({ found: 70, enqueued: 70, requeued: { completed: 20 } });
    expect(await countJobs(db)).toEqual({ created: 70 });
    const [note] = await db.query<{ id: string }>('SELECT note_id::text AS id FROM blocks LIMIT 1');
    const narrowed = await runJson<BackfillJson>(environment, ['backfill', '--dry-run', '--note', note?.id ?? '']);
    expect([20, 50]).toContain(narrowed.found);
    await db.drop();
  });
});
