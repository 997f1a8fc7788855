import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { isVectorOf } from '../../tools/stand-in/deterministic-brain.js';
import type { StandInOptions } from '../../tools/stand-in/options.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, expectEmbedded, readBlock, untilIdle, untilStatus } from '../support/worker-blocks.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { runCli, runJson } from './cli.js';

const MODEL = 'Qwen/Qwen3-Embedding-4B';
const KEY = 'sesame-canary-0123456789';

describeWithServer('a worker on an OpenAI-compatible server', () => {
  let db: TestDatabase;
  let server: StandIn;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'embedding-worker-openai-'));
  });
  beforeEach(async () => {
    db = await createDatabase();
  });
  afterEach(async () => {
    await killProcesses();
    await server.stop();
    await db.drop();
  });
  afterAll(() => rm(directory, { recursive: true }));

  /** @returns the environment of a worker on it */
  async function serve(options: Partial<StandInOptions>, variables: Record<string, string> = {}) {
    server = await startStandIn({ model: MODEL, recordTexts: true, ...options });
    return workerEnvironment(
      db,
      { url: 'http://127.0.0.1:1' },
      {
        PALDOCS_EMBEDDING_PROVIDER: 'openai',
        PALDOCS_OPENAI_URL: server.url,
        PALDOCS_EMBEDDING_MODEL: MODEL,
        PALDOCS_EMBEDDING_QUERY_INSTRUCTION: DEFAULT_INSTRUCTION,
        ...variables,
      },
    );
  }
  async function start(environment: Awaited<ReturnType<typeof serve>>): Promise<WorkerProcess> {
    const worker = WorkerProcess.start(environment);
    await worker.untilWorking();
    return worker;
  }

  it.each<[string, Partial<StandInOptions>]>([
    ['all that is asked for', {}],
    ['floats, in another order, and refuses dimensions', { ignoreBase64: true, reverse: true, refuseDimensions: true }],
  ])('that gives %s stores vectors, finds them, and passes doctor', async (_, options) => {
    const environment = await serve(options);
    await start(environment);
    const ids = await insertBlocks(db, 12, { content: (i) => `block ${i}` });
    await untilIdle(db);
    for (const [i, id] of ids.entries()) {
      const { status, vector } = await readBlock(db, id);
      expect([status, vector?.length]).toEqual(['completed', 768]);
      expect(isVectorOf(`${DEFAULT_INSTRUCTION}block ${i}`, vector ?? [])).toBe(true); // cut by the server or by us
    }
    const { results } = await runJson<{ results: { id: string; distance: number }[] }>(environment, [
      'search',
      'block 7',
    ]);
    expect(results[0]).toMatchObject({ id: ids[7], distance: 0 });
    const { status, stdout } = await runCli(environment, ['doctor']);
    expect(stdout).toMatch(/^✓ openai +the server answers at 127\.0\.0\.1:\d+\/v1$/m);
    expect(stdout).toMatch(/^✓ vectors /m);
    expect({ status, failed: stdout.includes('✗') }).toEqual({ status: 0, failed: false });
  });

  it('resumes automatically after an outage, and counts no failure of a block', async () => {
    const environment = await serve({});
    const worker = await start(environment);
    server.faults.add('rate-limited');
    const ids = await insertBlocks(db, 3);
    await worker.untilLogged('the embedding server is failing; paused until a probe succeeds');
    const { stdout } = await runCli(environment, ['status']);
    expect(stdout).toContain('the embedding server cannot embed now');
    server.faults.clear();
    server.faults.add('refuse');
    await server.faultsApplied();
    server.faults.clear();
    await worker.untilLogged('the embedding server recovered; resuming');
    await untilIdle(db);
    expect(await countByStatus(db)).toEqual({ completed: ids.length });
  });

  it('finds one bad text among ten, and shows nothing of it', async () => {
    const environment = await serve({}, { PALDOCS_RETRY_LIMIT: '0' });
    const worker = await start(environment);
    const secret = 'the root password is hunter2';
    server.faults.add({ effect: { kind: 'status', status: 400, error: `Cannot embed "${secret}"` }, text: 'hunter2' });
    const ids = await insertBlocks(db, 10, { content: (i) => (i === 4 ? secret : `block ${i}`) });
    await untilIdle(db, 30_000);
    expect(await countByStatus(db)).toEqual({ completed: 9, error: 1 });
    expect(await readBlock(db, ids[4] ?? '')).toMatchObject({ status: 'error', vector: null });
    const { stdout } = await runCli(environment, ['errors']);
    expect(stdout).toContain('OPENAI_REJECTED');
    expect(stdout).toContain('the embedding server answered 400 "Cannot embed "[…]""');
    expect(stdout + worker.stderr.join('')).not.toContain('hunter2');
  });

  it('reads its key from a file, switches to a new one without a restart, and shows neither', async () => {
    const file = join(directory, 'key');
    await writeFile(file, 'stale-canary-9876543210\n');
    const environment = await serve({ apiKey: KEY }, { PALDOCS_OPENAI_API_KEY_FILE: file });
    const worker = await start(environment);
    const id = await insertBlock(db, { content: 'locked' });
    const complaint = await worker.untilLogged('the embedding server is misconfigured; paused until it is fixed');
    expect(complaint['error']).toMatchObject({
      code: 'OPENAI_UNAUTHORIZED',
      fix: expect.stringContaining('PALDOCS_OPENAI_API_KEY') as string,
    });
    const doctor = await runCli(environment, ['doctor']);
    expect(doctor.stdout).toMatch(/^! openai +the embedding server answered 401/m);
    expect(doctor.stdout).toMatch(/^✗ vectors +the embedding server answered 401 .*\n +→ put a valid key into/m);
    await writeFile(`${file}.new`, `${KEY}\n`);
    await rename(`${file}.new`, file);
    await expectEmbedded(db, id, 'locked');
    const said = [...worker.stderr, ...worker.stdout, doctor.stdout, doctor.stderr].join('\n');
    expect(said).not.toContain('canary');
  });

  it('waits if the quota is exceeded, and names the fix', async () => {
    const worker = await start(await serve({}));
    server.faults.add('quota');
    const id = await insertBlock(db, { content: 'paid for' });
    const complaint = await worker.untilLogged('the embedding server is misconfigured; paused until it is fixed');
    expect(complaint['error']).toMatchObject({
      code: 'OPENAI_QUOTA',
      fix: expect.stringContaining('plan and billing') as string,
    });
    server.faults.clear();
    await expectEmbedded(db, id, 'paid for');
  });

  it('distinguishes a server without the model from one that is down', async () => {
    const environment = await serve({}, { PALDOCS_EMBEDDING_MODEL: 'absent' });
    const search = await runCli(environment, ['search', 'x']);
    expect(search.status).toBe(2);
    expect(search.stderr).toContain('set PALDOCS_EMBEDDING_MODEL to the name by which the server knows the model');
    const { status, stdout } = await runCli(environment, ['doctor']);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^! model +the server does not list absent; it lists Qwen\/Qwen3-Embedding-4B, llama3\.2:3b$/m,
    );
    expect(stdout).toMatch(/^✗ vectors +the embedding server answered 404/m);
    const away = await runCli({ ...environment, PALDOCS_OPENAI_URL: 'http://127.0.0.1:1' }, ['doctor']);
    expect(away.stdout).toMatch(
      /^✗ openai +127\.0\.0\.1:1\/v1: the embedding server cannot be reached \(ECONNREFUSED/m,
    );
    expect(away.stdout).toMatch(/^- model +skipped: needs the check "openai" to pass$/m);
  });

  it('that shortens a model not trained for it is refused at start, unless configured otherwise', async () => {
    const environment = await serve({ model: 'bge-m3', nativeDimensions: 1024 }, { PALDOCS_EMBEDDING_MODEL: 'bge-m3' });
    const { status, stderr } = await runCli(environment, ['worker']);
    expect(status).toBe(2);
    expect(stderr).toContain('the model bge-m3 gives vectors of 1024 dimensions, the column holds 768');
    expect(stderr).toContain('PALDOCS_EMBEDDING_SHORTEN=any');
    await start({ ...environment, PALDOCS_EMBEDDING_SHORTEN: 'any' });
    await expectEmbedded(db, await insertBlock(db, { content: 'insisted' }), 'insisted');
  });

  it('that ignores dimensions gets vectors cut here, under any name of a model trained for it', async () => {
    const model = 'text-embedding-qwen3-embedding-4b';
    await start(await serve({ model, ignoreDimensions: true }, { PALDOCS_EMBEDDING_MODEL: model }));
    const id = await insertBlock(db, { content: 'cut here' });
    await untilStatus(db, id, 'completed');
    const { vector } = await readBlock(db, id);
    expect(vector).toHaveLength(768);
    expect(isVectorOf(`${DEFAULT_INSTRUCTION}cut here`, vector ?? [])).toBe(true);
  });

  it('embeds a text longer than the context in parts', async () => {
    await start(await serve({ contextTokens: 60, contextError: 'openai' }));
    const id = await insertBlock(db, { content: 'A sentence of the long text. '.repeat(12) });
    await untilStatus(db, id, 'completed');
  });
});
