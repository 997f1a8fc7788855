import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertNote } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { untilStatus } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment, type WorkerEnvironment } from '../support/worker-in-process.js';
import { runCli, runJson } from './cli.js';
import { documentedJson, shapeOf } from './documented-json.js';

interface Listing {
  readonly total: number;
  readonly byReason: readonly { readonly reason: string | null; readonly count: number }[];
  readonly errors: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | null;
}

describeWithServer('errors', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let environment: WorkerEnvironment;
  const ids: string[] = [];
  beforeAll(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
    environment = workerEnvironment(db, ollama, { PALDOCS_RETRY_LIMIT: '1', PALDOCS_RETRY_DELAY_SECONDS: '0' });
  });
  afterAll(async () => {
    await stopWorkers();
    await ollama.stop();
  });

  const list = (...args: string[]) => runJson<Listing>(environment, ['errors', ...args]);

  it('lists a block in error without a dead letter, even if there is no queue', async () => {
    expect(await list()).toEqual({ total: 0, byReason: [], complete: true, estimated: false, errors: [], next: null });
    expect((await runCli(environment, ['errors'])).stdout).toBe('No block is in error.\n');

    const id = await insertBlock(db);
    await db.query(`UPDATE blocks SET embedding_status = 'error'`);
    expect(await list()).toEqual({
      total: 1,
      byReason: [{ reason: null, count: 1 }],
      complete: true,
      estimated: false,
      errors: [
        {
          id,
          type: 'paragraph',
          noteId: '1',
          noteTitle: 'A note',
          reason: null,
          message: null,
          at: null,
          attempts: null,
          failures: null,
          crashes: null,
        },
      ],
      next: null,
    });
    const { stdout } = await runCli(environment, ['errors']);
    expect(stdout).toContain('1 block in error: 1 unknown\n');
    expect(stdout).toContain('No record of the failure');
    await db.query('DELETE FROM blocks');
  });

  it('prints reason, attempts and time as JSON of the documented shape', async () => {
    ollama.faults.add({ preset: 'poison', text: 'poisonous' });
    ollama.faults.add({ preset: 'nan', text: 'unusable' });
    await startWorker(db, ollama, environment);
    const noteId = await insertNote(db, 'Odd \u001b[31m things');
    for (const content of ['poisonous one', 'unusable', 'poisonous two']) {
      ids.push(await insertBlock(db, { noteId, content }));
    }
    for (const id of ids) await untilStatus(db, id, 'error', 30_000);

    const listing = await list();
    expect(shapeOf({ ...listing, next: '7' })).toEqual(shapeOf(await documentedJson('errors')));
    expect(listing).toMatchObject({
      total: 3,
      byReason: [
        { reason: 'OLLAMA_REJECTED', count: 2 },
        { reason: 'OLLAMA_NAN', count: 1 },
      ],
      next: null,
    });
    expect(listing.errors.map(({ id, reason, attempts }) => [id, reason, attempts])).toEqual([
      [ids[0], 'OLLAMA_REJECTED', 2],
      [ids[1], 'OLLAMA_NAN', 2],
      [ids[2], 'OLLAMA_REJECTED', 2],
    ]);
    expect(Date.now() - Date.parse(String(listing.errors[0]?.['at']))).toBeLessThan(60_000);
  });

  it('prints lines that no title can forge, and never a block’s text', async () => {
    const { stdout, stderr } = await runCli(environment, ['errors']);
    expect(stdout).toContain('3 blocks in error: 2 OLLAMA_REJECTED, 1 OLLAMA_NAN\n');
    expect(stdout).toContain('Odd ␛[31m things');
    expect(stdout).toContain('Ollama answered 400 "the input cannot be embedded"');
    expect(stdout + stderr).not.toMatch(/poisonous|unusable/);
    expect(stdout).not.toContain('\u001b');
  });

  it('prints page by page and filters by reason', async () => {
    const first = await list('--limit', '2');
    expect(first).toMatchObject({ total: 3, next: ids[1] });
    expect(first.errors).toHaveLength(2);
    const second = await list('--limit', '2', '--after', String(first.next));
    expect(second.errors.map(({ id }) => id)).toEqual([ids[2]]);
    expect(second.next).toBeNull();
    const { stdout } = await runCli(environment, ['errors', '--limit', '1', '--reason', 'OLLAMA_REJECTED']);
    expect(stdout).toContain(
      `Next page: embedding-worker errors --limit 1 --reason OLLAMA_REJECTED --after ${String(ids[0])}`,
    );
    expect((await list('--reason', 'OLLAMA_NAN')).errors.map(({ id }) => id)).toEqual([ids[1]]);
    expect((await list('--reason', 'NO_SUCH')).errors).toEqual([]);
  });

  it.each([
    [['--limit', '0'], '--limit: give a whole number from 1 to 10000'],
    [['--limit', '1.5'], '--limit: give a whole number'],
    [['--after', 'abc'], '--after: "abc" is not a block id; ids are of type bigint'],
    [['--reason', 'A', '--reason', 'B'], '--reason: give it once'],
    [['--reason', ''], '--reason: give a value'],
    [['7'], 'Unknown argument: 7'],
  ])('refuses %j', async (args, message) => {
    const { status, stdout, stderr } = await runCli(environment, ['errors', ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
