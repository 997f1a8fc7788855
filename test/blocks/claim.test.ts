import { claimBlocks } from '../../src/blocks/claim.js';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import { loadConfig } from '../../src/config/config.js';
import type { Queryable } from '../../src/postgres/database.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks, insertNote } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { readBlock } from '../support/worker-blocks.js';

describeWithServer('a claim', () => {
  let db: TestDatabase;
  let postgres: Postgres;
  let table: BlocksTable;
  beforeAll(async () => {
    db = await createDatabase({ contentType: 'text' });
    postgres = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'under test', poolSize: 2 });
    table = await inspectBlocks(postgres, loadConfig({ PALDOCS_DATABASE_URL: db.url }).tables);
  });
  afterAll(() => postgres.close());

  const claim = (ids: readonly string[], budget = 1_000_000, takeFirst = false) =>
    claimBlocks(postgres, table, ids, budget, takeFirst);
  const setStatus = (id: string, status: string) =>
    db.query('UPDATE blocks SET embedding_status = $2 WHERE id = $1', [id, status]);

  it('takes a pending block and returns what its text is built from', async () => {
    const noteId = await insertNote(db, 'Atlas');
    const id = await insertBlock(db, { noteId, type: 'heading', content: 'Oceans' });
    const { claimed, ...rest } = await claim([id]);
    expect(claimed).toEqual([
      {
        id,
        type: 'heading',
        content: 'Oceans',
        noteTitle: 'Atlas',
        headingsAbove: [],
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    ]);
    expect(rest).toEqual({ settled: [], locked: [], deferred: [], gone: [] });
    expect(await readBlock(db, id)).toMatchObject({ status: 'processing' });
  });

  it('takes a block that a crashed worker left processing', async () => {
    const id = await insertBlock(db);
    await setStatus(id, 'processing');
    expect((await claim([id])).claimed).toMatchObject([{ id }]);
  });

  it.each(['completed', 'error', 'skipped'])('leaves a block that is %s', async (status) => {
    const id = await insertBlock(db);
    await setStatus(id, status);
    expect(await claim([id])).toMatchObject({ claimed: [], settled: [{ id, status }] });
    expect(await readBlock(db, id)).toMatchObject({ status });
  });

  it('reports a block that is gone', async () => {
    expect(await claim(['123456789'])).toEqual({
      claimed: [],
      settled: [],
      locked: [],
      deferred: [],
      gone: ['123456789'],
    });
  });

  it('skips a locked block without waiting', async () => {
    const [free = '', held = ''] = await insertBlocks(db, 2);
    const someone = await db.connect();
    await someone.query('BEGIN');
    await someone.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [held]);
    const { claimed, locked } = await claim([free, held]);
    expect(claimed.map(({ id }) => id)).toEqual([free]);
    expect(locked).toEqual([held]);
    await someone.query('ROLLBACK');
    await someone.end();
    expect(await readBlock(db, held)).toMatchObject({ status: 'pending' });
  });

  it('does not skip a block that only the check of a foreign key has locked', async () => {
    await db.query('CREATE TABLE links (block_id bigint REFERENCES blocks (id))');
    const id = await insertBlock(db);
    const someone = await db.connect();
    await someone.query('BEGIN');
    await someone.query('INSERT INTO links VALUES ($1)', [id]);
    expect((await claim([id])).claimed).toMatchObject([{ id }]);
    await someone.query('ROLLBACK');
    await someone.end();
    await db.query('DROP TABLE links');
  });

  it('stops at its budget of bytes and reports the size of the rest', async () => {
    const ids = await insertBlocks(db, 4, { content: () => 'ü'.repeat(100) });
    const { claimed, deferred } = await claim(ids, 500);
    expect(claimed.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(deferred).toEqual(ids.slice(2).map((id) => ({ id, bytes: 200 })));
    expect(await readBlock(db, ids[2] ?? '')).toMatchObject({ status: 'pending' });
  });

  it('does not count settled blocks towards its budget', async () => {
    const [large = '', small = ''] = await insertBlocks(db, 2, { content: (i) => (i === 0 ? 'x'.repeat(900) : 'y') });
    await setStatus(large, 'completed');
    expect((await claim([large, small], 500)).claimed.map(({ id }) => id)).toEqual([small]);
  });

  it('takes the first block whatever its size if told to', async () => {
    const ids = await insertBlocks(db, 2, { content: () => 'x'.repeat(1_000) });
    expect((await claim(ids, 10)).claimed).toEqual([]);
    const { claimed, deferred } = await claim(ids, 10, true);
    expect(claimed.map(({ id }) => id)).toEqual(ids.slice(0, 1));
    expect(deferred.map(({ id }) => id)).toEqual(ids.slice(1));
  });

  it('does not fire the trigger', async () => {
    const notifications = await db.notifications('embedding_queue');
    const id = await insertBlock(db);
    expect(await notifications.next()).toBe(id);
    await claim([id]);
    await db.query(`NOTIFY embedding_queue, 'end'`);
    expect(await notifications.next()).toBe('end');
    await notifications.close();
  });

  it('does not compare blocks with each other in the plan of a prepared statement', async () => {
    const ids = (await insertBlocks(db, 5_000)).slice(0, 50); // enough for the planner to use the index
    await db.query('ANALYZE blocks, notes');
    const client = await db.connect();
    const plan: string[] = [];
    const explaining: Queryable = {
      query: async (text) => {
        await client.query('SET plan_cache_mode = force_generic_plan');
        await client.query(`PREPARE claim (text[], bigint, boolean) AS ${text}`);
        const { rows } = await client.query<Record<'QUERY PLAN', string>>(
          `EXPLAIN (ANALYZE) EXECUTE claim ('{${ids.join(',')}}', 1000000, false)`,
        );
        plan.push(...rows.map((row) => row['QUERY PLAN']));
        return [];
      },
      executeSql: () => Promise.reject(new Error('not expected')),
    };
    await claimBlocks(explaining, table, ids, 1_000_000, false);
    await client.end();
    expect(
      await db.query(`SELECT FROM blocks WHERE id = ANY ($1) AND embedding_status = 'processing'`, [ids]),
    ).toHaveLength(50);
    expect(plan.filter((line) => line.includes('Rows Removed by Join Filter'))).toEqual([]);
  });
});
