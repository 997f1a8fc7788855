import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks, insertNote } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment, type WorkerEnvironment } from '../support/worker-in-process.js';
import { runCli, runJson } from './cli.js';
import { documentedJson, shapeOf } from './documented-json.js';

interface Found {
  readonly model: string;
  readonly results: readonly { readonly id: string; readonly distance: number; readonly excerpt: string }[];
}

/** With this prefix, a query equal to a block's text has the block's vector. */
const SAME_INSTRUCTION = {
  PALDOCS_EMBEDDING_INSTRUCTION: 'Represent: ',
  PALDOCS_EMBEDDING_QUERY_INSTRUCTION: 'Represent: ',
};

describeWithServer('search', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let environment: WorkerEnvironment;
  let target: string;
  beforeAll(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true });
    environment = workerEnvironment(db, ollama, { ...SAME_INSTRUCTION, PALDOCS_LOG_LEVEL: 'info' });
    const worker = await startWorker(db, ollama, environment);
    const noteId = await insertNote(db, 'Operating \u001b]0;pwned\u0007 the cluster');
    target = await insertBlock(db, { noteId, content: 'Roll back by reverting the commit.' });
    await insertBlock(db, { noteId, type: 'heading', content: 'Rolling back' });
    await insertBlocks(db, 60, { noteId });
    await insertBlock(db, { noteId, type: 'code', content: { language: 'sh', code: 'echo \u001b[2J\n\u009bboom' } });
    await untilIdle(db);
    await worker.stop();
  });
  afterAll(async () => {
    await stopWorkers();
    await ollama.stop();
  });

  it('prints the nearest blocks with distance, note, type and excerpt, of the documented shape', async () => {
    const found = await runJson<Found>(environment, ['search', 'Roll back by', 'reverting the commit.']);
    expect(found.results).toHaveLength(10);
    expect(found.results[0]).toEqual({
      id: target,
      distance: 0,
      type: 'paragraph',
      noteId: '1',
      noteTitle: 'Operating \u001b]0;pwned\u0007 the cluster',
      excerpt: 'Roll back by reverting the commit.',
    });
    const distances = found.results.map(({ distance }) => distance);
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    expect(shapeOf(found)).toEqual(shapeOf(await documentedJson('search')));
  });

  it('shows the headings above each block with --context', async () => {
    await db.query('ALTER TABLE blocks ADD place integer');
    await db.query(`UPDATE blocks SET place = CASE block_type WHEN 'heading' THEN 1 ELSE 2 END`);
    const withPlace = { ...environment, PALDOCS_BLOCKS_POSITION_COLUMN: 'place' };
    const args = ['search', '--context', 'Roll back by reverting the commit.'];
    const { results } = await runJson<Found>(withPlace, args);
    expect(results[0]).toMatchObject({ id: target, headings: ['Rolling back'] });
    const { stdout } = await runCli(withPlace, args);
    expect(stdout).toMatch(/^0\.0000 {2}Operating .* the cluster > Rolling back · paragraph · block \d+$/m);
    const refused = await runCli(environment, args);
    expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 2, stdout: '' });
    expect(refused.stderr).toContain('PALDOCS_BLOCKS_POSITION_COLUMN');
  });

  it('shows control characters instead of sending them to the terminal', async () => {
    const { status, stdout, stderr } = await runCli(environment, ['search', 'boom', '--block-type', 'code']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^\d\.\d{4} {2}Operating ␛\]0;pwned␇ the cluster · code · block \d+$/m);
    expect(stdout).toContain('boom');
    // eslint-disable-next-line no-control-regex -- the test is about control characters
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    const json = await runCli(environment, ['search', 'boom', '--block-type', 'code', '--json']);
    expect(json.stdout).toContain('Operating \\u001b]0;pwned\\u0007 the cluster');
  });

  it('embeds the query in the model’s query form', async () => {
    ollama.forgetRequests();
    await runJson(workerEnvironment(db, ollama), ['search', 'rolling back']);
    expect(ollama.requests.flatMap(({ recordedTexts }) => recordedTexts ?? [])).toEqual([
      'Instruct: Given a search query, retrieve relevant platform knowledge base sections that answer the query\nQuery:rolling back',
    ]);
  });

  it.each([
    ['intfloat/e5-base', {}, 'query: rolling back'],
    ['nobody-knows-it', {}, 'rolling back'],
    ['intfloat/e5-base', { PALDOCS_EMBEDDING_QUERY_INSTRUCTION: '' }, 'rolling back'],
  ])('embeds the query in the form of another model, or unchanged: %s, %j', async (model, variables, sent) => {
    const other = await startStandIn({ model, nativeDimensions: 768, recordTexts: true });
    await runJson(workerEnvironment(db, other, { PALDOCS_EMBEDDING_MODEL: model, ...variables }), [
      'search',
      'rolling back',
    ]);
    expect(other.requests.flatMap(({ recordedTexts }) => recordedTexts ?? [])).toEqual([sent]);
    await other.stop();
  });

  it('finds as many blocks as requested, also through an index', async () => {
    await db.query('CREATE INDEX blocks_hnsw ON blocks USING hnsw (embedding vector_cosine_ops)');
    await db.query(`ALTER DATABASE ${db.name} SET enable_seqscan = off`);
    const before = await db.query(`SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'blocks_hnsw'`);
    expect(before).toEqual([{ idx_scan: '0' }]);
    const { results } = await runJson<Found>(environment, ['search', 'anything', '--limit', '62']);
    expect(results).toHaveLength(62);
    const ofType = await runJson<Found>(environment, ['search', 'Rolling back', '--block-type', 'heading']);
    expect(ofType.results).toMatchObject([{ excerpt: 'Rolling back' }]);
    await db.untilRow<{ idx_scan: string }>(
      `SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'blocks_hnsw'`,
      [],
      ({ idx_scan }) => Number(idx_scan) > 1,
    );
  });

  it('finds pgvector in a schema outside the search path', async () => {
    await db.query('CREATE SCHEMA "Vector types"');
    await db.query('ALTER EXTENSION vector SET SCHEMA "Vector types"');
    const { results } = await runJson<Found>(environment, ['search', 'Roll back by reverting the commit.']);
    expect(results[0]).toMatchObject({ id: target, distance: 0 });
    await db.query('ALTER EXTENSION vector SET SCHEMA public');
  });

  it('finds half-precision vectors, through their index', async () => {
    await db.query('DROP INDEX IF EXISTS blocks_hnsw');
    await db.query('ALTER TABLE blocks ALTER embedding TYPE halfvec(768)');
    await db.query('CREATE INDEX blocks_half ON blocks USING hnsw (embedding halfvec_cosine_ops)');
    await db.query(`ALTER DATABASE ${db.name} SET enable_seqscan = off`);
    const { results } = await runJson<Found>(environment, ['search', 'Roll back by', 'reverting the commit.']);
    expect(results).toHaveLength(10);
    expect(results[0]?.id).toBe(target);
    expect(results[0]?.distance).toBeLessThan(1e-5);
    await db.untilRow<{ idx_scan: string }>(
      `SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'blocks_half'`,
      [],
      ({ idx_scan }) => Number(idx_scan) > 0,
    );
  });

  it('says that no block has a vector', async () => {
    const { stdout } = await runCli(environment, ['search', 'x', '--block-type', 'poem']);
    expect(stdout).toBe('No block of type poem has a vector.\n');
    const empty = await createDatabase();
    expect((await runCli(workerEnvironment(empty, ollama), ['search', 'x'])).stdout).toBe(
      'No block has a vector yet.\n',
    );
  });

  it.each([
    ['no model', { PALDOCS_EMBEDDING_MODEL: 'absent' }, 2, 'model "absent" not found'],
    ['no model', { PALDOCS_EMBEDDING_MODEL: 'absent' }, 2, 'ollama pull'],
    ['a model that cannot embed', { PALDOCS_EMBEDDING_MODEL: 'llama3.2:3b' }, 2, 'cannot embed'],
    ['no server', { PALDOCS_OLLAMA_URL: 'http://127.0.0.1:1' }, 1, 'Ollama cannot be reached (ECONNREFUSED'],
  ])('fails with %s', async (_, more, expected, message) => {
    const { status, stdout, stderr } = await runCli({ ...environment, ...more }, ['search', 'x']);
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
    expect(stderr.replace(/'absent'/, '"absent"')).toContain(message);
  });

  it.each<[string, number, string, string, boolean?]>([
    ['fewer dimensions than the column', 512, 'qwen3-embedding:4b', 'gives vectors of 512 dimensions'],
    ['more, and was not trained for shortening', 1024, 'bge-m3', 'not known to be trained for shortening'],
    ['more, which the server shortens', 1024, 'bge-m3', 'PALDOCS_EMBEDDING_SHORTEN=any', false],
  ])('refuses a model that has %s', async (_, nativeDimensions, model, message, ignoreDimensions = true) => {
    const other = await startStandIn({ nativeDimensions, model, ignoreDimensions });
    const changed = { ...environment, PALDOCS_OLLAMA_URL: other.url, PALDOCS_EMBEDDING_MODEL: model };
    const { status, stderr } = await runCli(changed, ['search', 'x']);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    await other.stop();
  });

  it.each([
    [[], 'search: give a text to search for'],
    [['  '], 'search: give a text to search for'],
    [['x', '--limit', '101'], '--limit: give a whole number from 1 to 100'],
    [['x', '--block-type', 'a', '--block-type', 'b'], '--block-type: give it once'],
  ])('refuses %j', async (args, message) => {
    const { status, stdout, stderr } = await runCli(environment, ['search', ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('can be interrupted while the model loads', async () => {
    const slow = await startStandIn({ loadMs: 60_000 });
    const child = runCli({ ...environment, PALDOCS_OLLAMA_URL: slow.url }, ['search', 'x'], {
      onStart: (interrupt) => void slow.waitFor(({ stats }) => stats.model === 'loading').then(interrupt),
    });
    expect(await child).toMatchObject({ status: 130, stdout: '' });
    await slow.stop();
  });
});
