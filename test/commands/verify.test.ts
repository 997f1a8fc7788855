import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks, insertNote, withoutTriggers } from '../support/fixtures.js';
import type { SchemaVariant } from '../support/schema-variant.js';
import { OtherModel, storeVectors } from '../support/stored-vectors.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, jobsOf, readBlock, untilIdle } from '../support/worker-blocks.js';
import { hang } from '../support/worker-hold.js';
import { startWorker, stopWorkers, workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { runCli } from './cli.js';
import { documentedJson, shapeOf } from './documented-json.js';
import type { VerifyJson } from './verify/result.js';

describeWithServer('verify', () => {
  let db: TestDatabase;
  let ollama: StandIn;

  async function open(variant: SchemaVariant = {}, standIn: Parameters<typeof startStandIn>[0] = {}) {
    db = await createDatabase(variant);
    ollama = await startStandIn(standIn);
  }
  afterEach(async () => {
    ollama.faults.clear();
    await killProcesses();
    await stopWorkers();
    await ollama.stop();
    await db.drop();
  });

  const environment = (more: Readonly<Record<string, string>> = {}) =>
    workerEnvironment(db, ollama, { PALDOCS_LOG_LEVEL: 'error', ...more });

  async function verify(
    args: readonly string[] = [],
    more: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number | null; result: VerifyJson }> {
    const { status, stdout, stderr } = await runCli(environment(more), ['verify', '--rate', '0', ...args, '--json']);
    if (stdout === '') throw new Error(`no output, and on stderr: ${stderr}`);
    return { status, result: JSON.parse(stdout) as VerifyJson };
  }

  /** Paragraphs with the vectors of their texts, or of those that `textOf` returns. */
  async function stored(count: number, textOf = (index: number): string | null => `Text number ${index}.`) {
    const ids = await insertBlocks(db, count);
    await storeVectors(db, ids, textOf);
    return ids;
  }

  /** Headings of a note with this title, with the vectors that belong to it. */
  async function storedHeadings(count: number, title: string): Promise<{ noteId: string; ids: string[] }> {
    const noteId = await insertNote(db, title);
    const ids = await insertBlocks(db, count, { noteId, type: 'heading', content: (i) => `Heading ${i}` });
    await storeVectors(db, ids, (i) => `${title} > Heading ${i}`);
    return { noteId, ids };
  }

  it.each<[string, SchemaVariant]>([
    ['vectors', {}],
    ['half-precision vectors', { vectorKind: 'halfvec' }],
    ['fewer dimensions than the model has', { dimensions: 256 }],
    ['text ids and text content', { idType: 'text', contentType: 'text' }],
  ])('finds no drift in what a worker stored, with %s', async (_, variant) => {
    await open(variant, { contextTokens: 200 });
    const noteId = await insertNote(db, 'Guide');
    await insertBlocks(db, 12, { noteId });
    await insertBlock(db, { noteId, type: 'heading', content: 'Set-up' });
    await insertBlock(db, { noteId, type: 'code', content: 'make all' });
    await insertBlock(db, { noteId, type: 'list', content: 'A sentence that is repeated. '.repeat(100) });
    await insertBlock(db, { noteId, type: 'mermaid', content: 'graph TD' });
    const worker = await startWorker(db, ollama);
    await untilIdle(db);
    await worker.stop();

    const { status, result } = await verify();

    expect({ status, ...result }).toMatchObject({
      status: 0,
      complete: true,
      checked: 15,
      drifted: 0,
      inexact: 0,
      reason: null,
    });
    expect(result.lowestCosine).toBeGreaterThan(0.9999);
    expect(result.byType.map(({ type, checked }) => [type, checked])).toEqual([
      ['code', 1],
      ['heading', 1],
      ['list', 1],
      ['paragraph', 12],
    ]);
    expect(await countByStatus(db)).toEqual({ completed: 15, skipped: 1 });
  });

  it.each(['title', 'path'])('embeds blocks with the context that a worker embeds: %s', async (kind) => {
    await open({}, { contextTokens: 200 });
    const context = { PALDOCS_EMBEDDING_CONTEXT: kind, PALDOCS_BLOCKS_POSITION_COLUMN: 'place' };
    await db.query('ALTER TABLE blocks ADD place int');
    await db.query('CREATE INDEX ON blocks (note_id)');
    const noteId = await insertNote(db, 'Guide');
    const [first = '', second = ''] = await insertBlocks(db, 2, {
      noteId,
      type: 'heading',
      content: (i) => `Part ${i}`,
    });
    await insertBlock(db, { noteId, content: 'A sentence that is repeated. '.repeat(100) });
    await insertBlocks(db, 5, { noteId });
    await db.query('UPDATE blocks SET place = id');
    const worker = await startWorker(db, ollama, context);
    await untilIdle(db);
    await worker.stop();
    const { result } = await verify([], context);
    expect(result).toMatchObject({ checked: 8, drifted: 0, inexact: 0 });

    await withoutTriggers(db, () => db.query(`UPDATE blocks SET content = '"Other"' WHERE id = $1`, [second]));
    const { blocks, drifted } = (await verify([], context)).result;
    expect(blocks.map(({ id }) => id)).not.toContain(first);
    expect(drifted).toBe(kind === 'path' ? 7 : 1);
  });

  it.each(['another model', 'another instruction'])('finds that all vectors are those of %s', async (what) => {
    await open({}, what === 'another model' ? { brain: new OtherModel() } : {});
    await stored(12);
    const { ids } = await storedHeadings(3, 'Guide');
    const { status, result } = await verify(
      [],
      what === 'another model' ? {} : { PALDOCS_EMBEDDING_INSTRUCTION: 'Represent this otherwise: ' },
    );
    expect({ status, ...result }).toMatchObject({ status: 1, checked: 15, drifted: 15, left: 15, requeued: 0 });
    expect(result.reason?.code).toBe('model');
    expect(result.blocks).toHaveLength(15);
    expect(result.blocks.filter(({ id }) => ids.includes(id)).map(({ type }) => type)).toEqual(
      new Array(3).fill('heading'),
    );
    expect(shapeOf(result)).toEqual(shapeOf(await documentedJson('verify')));
  });

  it('finds the headings of a renamed note, and prints types, reason and ids', async () => {
    await open();
    await stored(5);
    const { noteId, ids } = await storedHeadings(2, 'Guide');
    await storedHeadings(2, 'Other guide');
    await db.query(`UPDATE notes SET title = 'Manual' WHERE id = $1`, [noteId]);

    const { status, stdout, stderr } = await runCli(environment(), ['verify']);

    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines.map((line) => line.replaceAll(/ {2,}/g, '  ').replaceAll(/-?\d\.\d{4}/g, 'N'))).toEqual([
      'block type  checked  drifted  lowest cosine',
      'heading  4  2  N',
      'paragraph  5  0  N',
      'all  9  2  N',
      '',
      '2 of 9 vectors have drifted.',
      expect.stringMatching(/^Likeliest reason: only headings have drifted: notes were renamed .*\.$/),
      'To fix it: embedding-worker backfill --all --block-type heading',
      `Drifted blocks: ${ids.join(', ')}`,
      '',
    ]);
  });

  it('finds completed blocks without a vector', async () => {
    await open();
    await stored(3);
    const ids = await stored(2, () => null);
    const { status, result } = await verify();
    expect({ status, ...result }).toMatchObject({ status: 1, checked: 5, drifted: 2, reason: { code: 'no-vectors' } });
    expect(result.blocks.map(({ id, result: found, cosine }) => [id, found, cosine])).toEqual(
      ids.map((id) => [id, 'no vector', null]),
    );
  });

  it('finds completed blocks whose content a worker would skip', async () => {
    await open();
    const [id = ''] = await stored(4);
    await withoutTriggers(db, () => db.query(`UPDATE blocks SET content = '" "' WHERE id = $1`, [id]));
    const { result } = await verify();
    expect(result).toMatchObject({ drifted: 1, reason: { code: 'no-text' }, blocks: [{ id, result: 'no text' }] });
  });

  it('does not count as drifted what the model refuses to embed', async () => {
    await open();
    await stored(3);
    ollama.faults.add({ preset: 'poison', text: 'number 1.' });
    const { status, result } = await verify();
    expect({ status, ...result }).toMatchObject({ status: 0, checked: 2, drifted: 0, notEmbedded: 1 });
  });

  it.each([
    ['is pending', (id: string) => db.query(`UPDATE blocks SET content = '"edited"' WHERE id = $1`, [id])],
    [
      'has the vector of its new text',
      async (id: string) => {
        await db.query(`UPDATE blocks SET content = '"edited"' WHERE id = $1`, [id]);
        await storeVectors(db, [id], () => 'edited');
      },
    ],
    ['is deleted', (id: string) => db.query('DELETE FROM blocks WHERE id = $1', [id])],
  ])('does not count a block as drifted that was edited meanwhile and %s', async (_, edit) => {
    await open();
    const ids = await stored(6, (index) => (index === 5 ? 'drifted' : `Text number ${index}.`));
    const hold = hang({ ollama }, 'number 0.');
    const run = verify(['--fix']);
    await hold.reached();
    await edit(ids[0] ?? '');
    hold.release();
    const { status, result } = await run;
    expect({ status, ...result }).toMatchObject({ status: 0, checked: 5, drifted: 1, requeued: 1 });
    expect(result.blocks.map(({ id }) => id)).toEqual([ids[5]]);
  });

  it('requeues with --fix exactly the blocks that have drifted, and a worker embeds them again', async () => {
    await open();
    const ids = await stored(30, (index) => (index % 3 === 0 ? `Former text ${index}.` : `Text number ${index}.`));
    const drifted = ids.filter((_, index) => index % 3 === 0);

    const { status, result } = await verify(['--fix']);

    expect({ status, ...result }).toMatchObject({ status: 0, drifted: 10, requeued: 10, left: 0 });
    expect(result.reason?.code).toBe('edits');
    expect(await countByStatus(db)).toEqual({ completed: 20, pending: 10 });
    expect((await readBlock(db, drifted[0] ?? '')).vector).not.toBeNull();
    const jobs = await db.query<{ id: string; priority: number }>(
      `SELECT singleton_key AS id, priority FROM pgboss.job WHERE name = 'embed-block' ORDER BY singleton_key::int`,
    );
    expect(jobs).toEqual(drifted.map((id) => ({ id, priority: 0 })));
    const worker = await startWorker(db, ollama);
    await untilIdle(db);
    await worker.stop();
    expect((await verify()).result).toMatchObject({ checked: 30, drifted: 0 });
  });

  it('says after --fix of a sample that others may have drifted, with the fix for all', async () => {
    await open();
    await stored(30, (index) => `Former text ${index}.`);
    const { status, stdout } = await runCli(environment(), ['verify', '--rate', '0', '--fix']);
    expect(status).toBe(0);
    expect(stdout).toContain('Only blocks of the sample were requeued. Others may have drifted, too.');
    expect(stdout).toContain('embedding-worker backfill --all');
  });

  it('counts the texts of a request that used up its time as not embedded, and goes on', async () => {
    await open();
    await stored(4);
    ollama.faults.add({ preset: 'hang', text: 'number 0.' });
    const { status, result } = await verify(['--all'], { PALDOCS_JOB_EXPIRE_SECONDS: '10', PALDOCS_BATCH_SIZE: '2' });
    expect({ status, ...result }).toMatchObject({ status: 0, complete: true, checked: 2, drifted: 0, notEmbedded: 2 });
  });

  it('leaves a locked block as it is, and says that drift is left', async () => {
    await open();
    const [locked = '', other = ''] = await stored(2, () => 'former');
    const client = await db.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [locked]);
    const { status, result } = await verify(['--fix']);
    await client.end();
    expect({ status, ...result }).toMatchObject({ status: 1, drifted: 2, requeued: 1, left: 1 });
    expect(result.blocks.map(({ id, requeued }) => [id, requeued])).toEqual([
      [locked, false],
      [other, true],
    ]);
    expect(await jobsOf(db, locked)).toEqual([]);
  });

  it('takes as many blocks of each type as --sample allows, and with --all every block', async () => {
    await open();
    await stored(50);
    await storedHeadings(20, 'Guide');
    const types = async (...args: string[]) =>
      (await verify(args)).result.byType.map(({ type, checked }) => [type, checked]);
    expect(await types('--sample', '30')).toEqual([
      ['heading', 20],
      ['paragraph', 30],
    ]);
    expect(await types('--all')).toEqual([
      ['heading', 20],
      ['paragraph', 50],
    ]);
  });

  it('takes the threshold that --threshold gives', async () => {
    await open({}, { brain: new OtherModel() });
    await stored(3);
    expect((await verify(['--threshold', '0'])).result.drifted).toBeLessThan(3);
    expect((await verify(['--threshold', '0.9999'])).result.drifted).toBe(3);
  });

  it('stops when interrupted, with status 130 and the result so far', async () => {
    await open();
    await stored(40, () => 'former');
    const run = WorkerProcess.start(environment(), 'verify', '--all', '--rate', '10', '--fix', '--json');
    await db.untilRow<{ pending: number }>(
      `SELECT count(*)::int AS pending FROM blocks WHERE embedding_status = 'pending'`,
      [],
      ({ pending }) => pending > 0,
      30_000,
    );
    run.kill('SIGINT');
    expect(await run.untilEnd()).toEqual({ status: 130, signal: null });
    const result = JSON.parse(run.stdout.join('\n')) as VerifyJson;
    const { pending = 0 } = await countByStatus(db);
    expect(result).toMatchObject({ complete: false, drifted: pending, requeued: pending });
    expect(pending).toBeLessThan(40);
    expect(run.stderr.at(-1)).toBe(
      'embedding-worker: interrupted: the result covers only the blocks that were compared before',
    );
  });

  it('stops when interrupted while the model does not answer', async () => {
    await open();
    await stored(3);
    const hold = hang({ ollama }, 'number 0.');
    const run = WorkerProcess.start(environment(), 'verify');
    await hold.reached();
    run.kill('SIGTERM');
    expect(await run.untilEnd(10_000)).toEqual({ status: 130, signal: null });
    hold.release();
  });

  it('reports a server that is away with status 1, a missing model and wrong options with status 2', async () => {
    await open();
    await stored(3);
    const run = async (args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
      const { status, stdout, stderr } = await runCli(environment(more), ['verify', ...args]);
      expect(stdout).toBe('');
      return { status, stderr };
    };
    expect(await run([], { PALDOCS_OLLAMA_URL: 'http://127.0.0.1:1' })).toEqual({
      status: 1,
      stderr: expect.stringMatching(/Ollama cannot be reached/) as string,
    });
    expect(await run([], { PALDOCS_EMBEDDING_MODEL: 'absent' })).toEqual({
      status: 2,
      stderr: expect.stringMatching(/model 'absent' not found/) as string,
    });
    for (const [args, message] of [
      [['--all', '--sample', '5'], '--all and --sample: give only one'],
      [['--sample', '0'], '--sample: give a whole number from 1 to 10000'],
      [['--threshold', '1.5'], '--threshold: give a number from 0 to 0.9999'],
      [['--rate', 'fast'], '--rate: give a whole number from 0 to 1000000'],
    ] as const) {
      expect(await run(args)).toEqual({ status: 2, stderr: `embedding-worker: ${message}\n` });
    }
  });

  it('says that there is nothing to compare', async () => {
    await open();
    await insertBlocks(db, 2);
    const { status, stdout } = await runCli(environment(), ['verify', '--all']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'No block is completed.\n' });
  });
});
