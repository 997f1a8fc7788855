import { countExactly, countOrEstimate, type CountLimits, type Tally } from '../../src/blocks/count-or-estimate.js';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import { countBlocks, type BlockCount } from '../../src/blocks/sql/count-blocks.js';
import type { TablePart } from '../../src/blocks/table-part.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import { loadConfig } from '../../src/config/config.js';
import type { Queryable } from '../../src/postgres/database.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertPages } from '../support/many-pages.js';
import { partitionBlocks } from '../support/partitions.js';
import type { TestDatabase } from '../support/test-database.js';

const PAGES = 2_000;
const BLOCKS = 5 * PAGES;
/** The number of pages in a sample of 500 varies by 3.9 %. */
const LARGE: CountLimits = { exactPages: 100, samplePages: [500] };

describeWithServer('counting blocks', () => {
  let db: TestDatabase;
  let database: Postgres;
  let table: BlocksTable;
  beforeEach(async () => {
    db = await createDatabase();
    await db.query('ALTER TABLE blocks SET (fillfactor = 100, autovacuum_enabled = off)');
  });
  afterEach(() => database.close());

  const open = async () => {
    database = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'under test', poolSize: 1 });
    table = await inspectBlocks(database, loadConfig({ PALDOCS_DATABASE_URL: db.url }).tables);
  };
  const count = (tx: Queryable, part: TablePart) => countBlocks(tx, table, part);
  const total = ({ counts, scale }: Tally<BlockCount>) => scale * counts.reduce((sum, { rows }) => sum + rows, 0);
  const expectAbout = (value: number, expected: number, tolerance: number) => {
    expect(value).toBeGreaterThan(expected * (1 - tolerance));
    expect(value).toBeLessThan(expected * (1 + tolerance));
  };

  it('is exact in a small table', async () => {
    await insertPages(db, { count: 20 });
    await open();
    const tally = await countOrEstimate(database, table, count);
    expect(tally).toMatchObject({ scale: 1, estimated: false });
    expect(tally.counts).toContainEqual({ status: 'completed', type: 'heading', rows: 50 });
    expect(tally.counts).toHaveLength(2);
  });

  it('is an estimate in a large one, with the total that the planner knows', async () => {
    await insertPages(db, { count: PAGES });
    await db.query('VACUUM ANALYZE blocks');
    await open();
    const tally = await countOrEstimate(database, table, count, LARGE);
    expect(tally.estimated).toBe(true);
    expect(total(tally)).toBeCloseTo(BLOCKS, 3);
    const headings = tally.counts.filter(({ type }) => type === 'heading');
    expectAbout(total({ ...tally, counts: headings }), BLOCKS / 2, 0.1);
  });

  it('reads few pages for it', async () => {
    await insertPages(db, { count: PAGES });
    await open();
    const { counts } = await countOrEstimate(database, table, count, LARGE);
    expectAbout(total({ counts, scale: 1, estimated: true }), 5 * 500, 0.2);
  });

  it.each(['a table that was never analyzed', 'a table whose statistics are out of date'])(
    'trusts the sample in %s',
    async (which) => {
      await insertPages(db, { count: PAGES });
      if (which.endsWith('out of date')) {
        await db.query('VACUUM ANALYZE blocks');
        await db.query('DELETE FROM blocks WHERE id % 5 < 3');
      }
      await open();
      const left = which.endsWith('out of date') ? (BLOCKS * 2) / 5 : BLOCKS;
      expectAbout(total(await countOrEstimate(database, table, count, LARGE)), left, 0.2);
    },
  );

  it.each([
    ['partitions', 'VACUUM ANALYZE blocks'],
    ['partitions', 'ANALYZE blocks_0'], // the others were never analyzed
    ['inheriting tables', 'VACUUM ANALYZE'],
    ['inheriting tables', 'SELECT'],
  ])('samples %s after %s', async (layout, analyze) => {
    if (layout === 'partitions') await partitionBlocks(db, [BLOCKS / 10, BLOCKS / 2]);
    await insertPages(db, { count: PAGES });
    if (layout !== 'partitions') {
      await db.query('CREATE TABLE archived () INHERITS (blocks)');
      await db.query('INSERT INTO archived SELECT * FROM blocks WHERE id % 2 = 0');
      await db.query('DELETE FROM ONLY blocks WHERE id % 2 = 0');
    }
    await db.query(analyze);
    await open();
    const tally = await countOrEstimate(database, table, count, LARGE);
    expect(tally.estimated).toBe(true);
    expectAbout(total(tally), BLOCKS, 0.2);
  });

  it('needs no privilege but SELECT on the columns that it counts and, for slices, on those that a worker reads', async () => {
    await partitionBlocks(db, [BLOCKS / 2]);
    await insertPages(db, { count: PAGES });
    await open();
    const role = `counter_${db.name}`;
    await db.query(`CREATE ROLE ${role}`);
    try {
      await db.query(`GRANT SELECT (block_type, embedding_status) ON blocks TO ${role}`);
      const asRole = async (tx: Queryable, part: TablePart) => {
        await tx.query(`SET LOCAL ROLE ${role}`);
        return await count(tx, part);
      };
      expectAbout(total(await countOrEstimate(database, table, asRole, LARGE)), BLOCKS, 0.2);
      await db.query(`GRANT SELECT (id, note_id, embedding, ctid) ON blocks TO ${role}`);
      expect(total(await countExactly(database, table, asRole))).toBe(BLOCKS);
    } finally {
      await db.query(`DROP OWNED BY ${role}`);
      await db.query(`DROP ROLE ${role}`);
    }
  });

  it('takes a smaller sample, a part of the first, after a timeout', async () => {
    await insertPages(db, { count: PAGES });
    await open();
    const seeds = new Set<unknown>();
    const slow = async (tx: Queryable, part: TablePart) => {
      const [percent, seed] = part.values;
      seeds.add(seed);
      if (percent === undefined || Number(percent) > 10) await tx.query('SELECT pg_sleep(60)');
      return await count(tx, part);
    };
    const tally = await countOrEstimate(database, table, slow, { samplePages: [500, 200] });
    expectAbout(total({ ...tally, scale: 1 }), 5 * 200, 0.3);
    expect(seeds.size).toBe(2); // none for the whole table, one for both samples
  });

  it('says what to do if even that takes too long', async () => {
    await insertPages(db, { count: 200 });
    await open();
    const slow = async (tx: Queryable) => await tx.query<BlockCount>('SELECT pg_sleep(60)');
    await expect(countOrEstimate(database, table, slow, { exactPages: 100, samplePages: [10] })).rejects.toMatchObject({
      code: 'COUNT_TIMEOUT',
      fix: expect.stringContaining('--exact') as string,
    });
  });

  it('counts every block of a large table in slices', async () => {
    await partitionBlocks(db, [BLOCKS / 10, BLOCKS / 2]);
    await insertPages(db, { count: 5_000 });
    await open();
    const tally = await countExactly(database, table, count);
    expect(tally.estimated).toBe(false);
    expect(tally.counts.length).toBeGreaterThan(2); // several slices
    expect(total(tally)).toBe(25_000);
  });

  it('counts anew when the table is rewritten meanwhile', async () => {
    await insertPages(db, { count: 9_000 });
    await open();
    let slices = 0;
    const rewritten = async (tx: Queryable, part: TablePart) => {
      if (++slices === 2) await db.query('CLUSTER blocks USING blocks_pkey');
      return await count(tx, part);
    };
    expect(total(await countExactly(database, table, rewritten))).toBe(45_000);
  });
});
