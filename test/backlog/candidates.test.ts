import { findCandidates, type Candidates, type CandidatesOptions } from '../../src/backlog/candidates.js';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import { readNoteIdType } from '../../src/blocks/sql/read-note-id-type.js';
import { EVERY_BLOCK } from '../../src/blocks/scope.js';
import { WAITING } from '../../src/blocks/status.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import { loadConfig } from '../../src/config/config.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertNote } from '../support/fixtures.js';
import { insertPages } from '../support/many-pages.js';
import { partitionBlocks } from '../support/partitions.js';
import type { TestDatabase } from '../support/test-database.js';

describeWithServer('the candidates of a backfill', () => {
  let db: TestDatabase;
  let database: Postgres;
  let table: BlocksTable;
  afterEach(() => database.close());

  const open = async () => {
    database = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'under test', poolSize: 1 });
    table = await inspectBlocks(database, loadConfig({ PALDOCS_DATABASE_URL: db.url }).tables);
  };
  const find = async (options: Partial<CandidatesOptions>) => {
    const [last] = await db.query<{ id: string }>('SELECT id::text AS id FROM blocks ORDER BY blocks.id DESC LIMIT 1');
    const found: Candidates[] = [];
    const candidates = findCandidates({
      ...{ database, table, scope: EVERY_BLOCK, statuses: WAITING, after: null, upTo: last?.id ?? '' },
      inOrder: false,
      attempt: (work) => work(),
      ...options,
    });
    for await (const some of candidates) found.push(some);
    return found;
  };
  const idsOf = (found: readonly Candidates[]) => found.flatMap(({ ids }) => ids);
  const inOrder = async (where: string) => {
    const rows = await db.query<{ id: string }>(`SELECT id::text AS id FROM blocks WHERE ${where} ORDER BY blocks.id`);
    return rows.map(({ id }) => id);
  };

  it.each(['integer', 'bigint', 'uuid', 'text'] as const)(
    'are found in windows of ids of type %s, in order, up to the last id',
    async (idType) => {
      db = await createDatabase({ idType });
      await insertBacklog(db, 2_500, { status: 'completed' });
      await insertBacklog(db, 30, { status: 'error' });
      await insertBacklog(db, 500, { status: 'skipped' });
      await open();
      const found = await find({ statuses: ['error'], inOrder: true });
      expect(idsOf(found)).toEqual(await inOrder(`embedding_status = 'error'`));
      expect(found.map(({ upTo }) => upTo).length).toBe(3); // 1,000, 2,000 and 30 blocks
      const every = await inOrder('true');
      expect(found.map(({ upTo }) => upTo)).toEqual([every[999], every[2_999], every.at(-1)]);
      const rest = await find({
        statuses: ['error'],
        inOrder: true,
        after: every[1_499] ?? null,
        upTo: every[2_500] ?? '',
      });
      expect(idsOf(rest)).toEqual(
        (await inOrder(`embedding_status = 'error'`)).filter(
          (id) => every.indexOf(id) > 1_499 && every.indexOf(id) <= 2_500,
        ),
      );
    },
  );

  it('are found in a smaller window after one that took longer than a second', async () => {
    db = await createDatabase();
    const ids = await insertBacklog(db, 1_200, { status: 'error' });
    await open();
    const other = await db.connect();
    await other.query('BEGIN');
    await other.query('LOCK TABLE blocks');
    let attempts = 0;
    const found: Candidates[] = [];
    const candidates = findCandidates({
      ...{
        database,
        table,
        scope: EVERY_BLOCK,
        statuses: ['error'],
        after: null,
        upTo: ids.at(-1) ?? '',
        inOrder: true,
      },
      attempt: async (work) => {
        attempts += 1;
        if (attempts === 2) await other.end();
        return await work();
      },
    });
    for await (const some of candidates) found.push(some);
    expect(found.map(({ upTo }) => upTo)).toEqual([ids[499], ids.at(-1)]);
    expect(idsOf(found)).toEqual(ids);
  });

  it('are found in slices otherwise, the newest first, without an order', async () => {
    db = await createDatabase();
    await partitionBlocks(db, [10_000]);
    const old = await insertBacklog(db, 5);
    await insertPages(db, { count: 5_000 });
    const young = await insertBacklog(db, 5);
    await open();
    const found = await find({});
    expect(found.length).toBeGreaterThan(1);
    expect(found.every(({ upTo }) => upTo === null)).toBe(true);
    expect([...idsOf(found)].sort()).toEqual([...old, ...young].sort());
    expect(idsOf(await find({ after: old.at(-1) ?? null }))).toEqual(young);
  });

  it('are found by an index on the status if it finds all that wait', async () => {
    db = await createDatabase();
    await db.query('ALTER TABLE blocks ALTER embedding_status DROP NOT NULL');
    const ids = await insertBacklog(db, 1_500);
    ids.push(...(await insertBacklog(db, 3, { status: 'processing' })));
    await insertBacklog(db, 20_000, { status: 'completed' });
    ids.push(...(await insertBacklog(db, 2)));
    await db.query(`ALTER TABLE blocks DISABLE TRIGGER USER`);
    await db.query('UPDATE blocks SET embedding_status = NULL WHERE id = $1', [ids[0]]);
    await db.query(
      `CREATE INDEX ON blocks (embedding_status, id)
       WHERE embedding_status IS NULL OR embedding_status IN ('pending', 'processing', 'error')`,
    );
    await db.query('VACUUM ANALYZE blocks');
    await open();
    const found = await find({});
    expect(found.map(({ ids: page }) => page.length)).toEqual([1_000, 501, 1, 3]);
    expect([...idsOf(found)].sort()).toEqual([...ids].sort());
    expect(idsOf(await find({ upTo: ids[1_502] ?? '' }))).toHaveLength(1_503);
  });

  it('are found in slices if the index takes longer than a second', async () => {
    db = await createDatabase();
    const ids = await insertBacklog(db, 5);
    await insertPages(db, { count: 5_000 });
    await db.query(
      `CREATE INDEX ON blocks (embedding_status, id) WHERE embedding_status IN ('pending', 'processing', 'error')`,
    );
    await db.query('VACUUM ANALYZE blocks');
    await open();
    const other = await db.connect();
    let attempts = 0;
    const attempt = async <T>(work: () => Promise<T>) => {
      attempts += 1; // the first one asks how the index is used
      if (attempts === 2) await other.query('BEGIN; LOCK TABLE blocks');
      if (attempts === 3) await other.end();
      return await work();
    };
    expect(idsOf(await find({ attempt })).sort()).toEqual([...ids].sort());
    expect(attempts).toBeGreaterThan(3);
  });

  it('of a few notes are found by an index on the notes, in order', async () => {
    db = await createDatabase();
    const noteId = await insertNote(db);
    const ids = await insertBacklog(db, 20, { noteId });
    await insertBacklog(db, 10, { noteId, status: 'completed' });
    await insertBacklog(db, 10);
    await open();
    const idType = await readNoteIdType(database, table);
    const found = await find({ scope: { types: ['paragraph'], notes: { ids: [noteId], idType } } });
    expect(found).toEqual([{ ids, upTo: '40' }]);
  });
});
