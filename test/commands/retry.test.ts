import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, expectEmbedded, jobsOf, readBlock, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment, type WorkerEnvironment } from '../support/worker-in-process.js';
import { runCli } from './cli.js';
import { documentedJson, shapeOf } from './documented-json.js';

interface Outcome {
  readonly requeued: number;
  readonly left: number;
  readonly blocks: readonly { readonly id: string; readonly outcome: string; readonly status: string | null }[];
}

describeWithServer('retry', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let environment: WorkerEnvironment;
  beforeAll(async () => {
    ollama = await startStandIn();
    ollama.faults.add({ preset: 'poison', text: 'poisonous' });
  });
  beforeEach(async () => {
    db = await createDatabase();
    environment = workerEnvironment(db, ollama, { PALDOCS_RETRY_LIMIT: '0', PALDOCS_LOG_LEVEL: 'warn' });
  });
  afterEach(async () => {
    await stopWorkers();
    await db.drop();
  });
  afterAll(() => ollama.stop());

  /** Blocks that a worker has dead-lettered; the worker is stopped. */
  async function failedBlocks(count: number): Promise<string[]> {
    const worker = await startWorker(db, ollama, environment);
    const ids = await insertBlocks(db, count, { content: (i) => `poisonous text ${i}` });
    await untilIdle(db, 30_000);
    await worker.stop();
    return ids;
  }

  async function retry(...args: string[]): Promise<{ status: number | null; outcome: Outcome }> {
    const { status, stdout } = await runCli(environment, ['retry', ...args, '--json']);
    return { status, outcome: JSON.parse(stdout) as Outcome };
  }

  it('requeues the named blocks and reports each that it does not', async () => {
    const [first = '', second = ''] = await failedBlocks(2);
    const other = await insertBlock(db);

    const { status, outcome } = await retry(first, other, '9999', first);

    expect(status).toBe(1);
    expect(outcome).toEqual({
      requeued: 1,
      left: 2,
      blocks: [
        { id: first, outcome: 'requeued', status: 'pending' },
        { id: other, outcome: 'not in error', status: 'pending' },
        { id: '9999', outcome: 'no such block', status: null },
      ],
    });
    expect(shapeOf(outcome)).toEqual(shapeOf(await documentedJson('retry')));
    expect(await readBlock(db, first)).toMatchObject({ status: 'pending' });
    expect(await readBlock(db, second)).toMatchObject({ status: 'error' });
    expect(await jobsOf(db, first, 'embed-block-failed')).toEqual([]);
    expect(await jobsOf(db, second, 'embed-block-failed')).toHaveLength(1);
    const [job] = (await jobsOf(db, first)).filter(({ state }) => state === 'created');
    expect(job?.data).toEqual({ blockId: first, since: expect.any(String) as string, priority: 10 });
  });

  it('requeues all with --all, and a worker embeds those that were fixed', async () => {
    const [first = '', second = ''] = await failedBlocks(2);
    await db.query(`UPDATE blocks SET content = '"harmless"' WHERE id = $1`, [second]);
    await db.query(`UPDATE blocks SET embedding_status = 'error' WHERE id = $1`, [second]);
    await db.query(`ALTER TABLE blocks DISABLE TRIGGER USER`);
    await db.query(`UPDATE blocks SET content = '"fixed"' WHERE id = $1`, [first]);
    await db.query(`ALTER TABLE blocks ENABLE TRIGGER USER`);

    const { status, stdout, stderr } = await runCli(environment, ['retry', '--all']);

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(
      `✓ ${first}  requeued\n✓ ${second}  requeued\n2 blocks requeued; workers pick them up within seconds.\n`,
    );
    await startWorker(db, ollama, environment);
    await expectEmbedded(db, first, 'fixed');
    await expectEmbedded(db, second, 'harmless');
    expect((await runCli(environment, ['retry', '--all'])).stdout).toBe('No block is in error.\n');
  });

  it('requeues many without delaying edits or filling the queue beyond its limit', async () => {
    await failedBlocks(1);
    await insertBlocks(db, 1_200);
    await db.query(`UPDATE blocks SET embedding_status = 'error'`);
    environment = { ...environment, PALDOCS_QUEUE_LIMIT: '1000' };
    const { status, outcome } = await retry('--all');
    expect({ status, requeued: outcome.requeued, left: outcome.left }).toEqual({ status: 0, requeued: 1_201, left: 0 });
    expect(await countByStatus(db)).toEqual({ pending: 1_201 });
    // The sweep enqueues the rest.
    expect(
      await db.query(
        `SELECT priority, count(*)::int AS jobs FROM pgboss.job
          WHERE name = 'embed-block' AND state = 'created' GROUP BY 1 ORDER BY 1 DESC`,
      ),
    ).toEqual([
      { priority: 10, jobs: 500 },
      { priority: 0, jobs: 500 },
    ]);
  });

  it('leaves a locked block and its dead letter unchanged, and delays no other', async () => {
    const [locked = '', free = ''] = await failedBlocks(2);
    const other = await db.connect();
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM blocks WHERE id = $1 FOR UPDATE', [locked]);

    const { status, outcome } = await retry('--all');

    await other.query('ROLLBACK');
    await other.end();
    expect(status).toBe(1);
    expect(outcome.blocks).toEqual([
      { id: locked, outcome: 'locked', status: 'error' },
      { id: free, outcome: 'requeued', status: 'pending' },
    ]);
    expect(await readBlock(db, locked)).toMatchObject({ status: 'error' });
    expect(await jobsOf(db, locked, 'embed-block-failed')).toHaveLength(1);
    expect((await jobsOf(db, locked)).filter(({ state }) => state === 'created')).toEqual([]);
  });

  it('replaces a job that already waits for the block', async () => {
    const [id = ''] = await failedBlocks(1);
    await retry(id);
    await db.query(`UPDATE blocks SET embedding_status = 'error'`);
    expect((await retry(id)).outcome).toMatchObject({ requeued: 1 });
    expect((await jobsOf(db, id)).map(({ state }) => state).sort()).toEqual(['completed', 'created', 'failed']);
  });

  it('recognizes an id in any spelling', async () => {
    const uuids = await createDatabase({ idType: 'uuid' });
    const id = await insertBlock(uuids);
    await uuids.query(`UPDATE blocks SET embedding_status = 'error'`);
    const { status, stdout } = await runCli(workerEnvironment(uuids, ollama), [
      'retry',
      `{${id.toUpperCase().replaceAll('-', '')}}`,
      id,
      '--json',
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ requeued: 1, left: 0, blocks: [{ id }] });
  });

  it.each([
    [[], 'retry: give either the ids of the blocks to requeue or --all'],
    [['1', '--all'], 'retry: give either the ids of the blocks to requeue or --all'],
    [['1', 'x7'], 'retry: "x7" is not a block id; ids are of type bigint'],
    [['1', '--', '99999999999999999999', 'x\u001b['], 'retry: "99999999999999999999", "x␛[" are not block ids'],
  ])('refuses %j and changes nothing', async (args, message) => {
    const id = await insertBlock(db);
    await db.query(`UPDATE blocks SET embedding_status = 'error'`);
    const { status, stdout, stderr } = await runCli(environment, ['retry', ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(await readBlock(db, id)).toMatchObject({ status: 'error' });
    expect(await db.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'pgboss'`)).toEqual([]);
  });
});
