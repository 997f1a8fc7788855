import { inspectBlocks } from '../../src/blocks/inspect.js';
import { pageRangeSql, pageRangeValues, type PageRange } from '../../src/blocks/page-range.js';
import { walkTable, type Slice, type WalkOptions } from '../../src/blocks/table-walk.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import { loadConfig } from '../../src/config/config.js';
import type { Queryable } from '../../src/postgres/database.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertPaged } from '../support/paged-blocks.js';
import { partitionBlocks } from '../support/partitions.js';
import type { TestDatabase } from '../support/test-database.js';

describeWithServer('a walk over the table', () => {
  let db: TestDatabase;
  let postgres: Postgres;
  let table: BlocksTable;
  beforeEach(async () => {
    db = await createDatabase();
  });
  afterEach(() => postgres.close());

  const open = async (url = db.url) => {
    postgres = new Postgres({ url, sessionUrl: url, applicationName: 'under test', poolSize: 2 });
    table = await inspectBlocks(postgres, loadConfig({ PALDOCS_DATABASE_URL: url }).tables);
  };
  const insert = (from: number, to: number) => insertPaged(db, from, to);
  const readIds = async (tx: Queryable, range: PageRange, limit: number | null) => {
    const rows = await tx.query<{ id: string }>(
      `SELECT b.id::text AS id FROM ${table.blocks} b WHERE ${pageRangeSql('b', '$1', '$2')} LIMIT $3`,
      [...pageRangeValues(range), limit],
    );
    return rows.map(({ id }) => Number(id));
  };
  const walk = (options: Partial<WalkOptions<number>> = {}) =>
    walkTable(postgres, table, { read: readIds, slicePages: 3, ...options });
  const slicesOf = async (options: Partial<WalkOptions<number>> = {}) => {
    const slices: Slice<number>[] = [];
    for await (const slice of walk(options)) slices.push(slice);
    return slices;
  };
  const idsIn = (slices: readonly Slice<number>[]) => slices.flatMap(({ rows }) => rows);
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const sorted = (ids: readonly number[]) => [...ids].sort((a, b) => a - b);

  it('passes each row once, in slices of a few pages', async () => {
    await insert(1, 100);
    await open();
    const slices = await slicesOf();
    expect(idsIn(slices)).toEqual(range(1, 100));
    expect(slices.map(({ pages }) => pages)).toEqual([3, 3, 3, 3, 3, 3, 2]);
    expect(slices.map(({ isFirst }) => isFirst)).toEqual([true, false, false, false, false, false, false]);
    expect(slices.map(({ share }) => share)).toEqual([3, 6, 9, 12, 15, 18, 20].map((done) => done / 20));
  });

  it('can begin at the end, where new rows are', async () => {
    await insert(1, 100);
    await open();
    const slices = await slicesOf({ newestFirst: true });
    expect(slices[0]?.rows).toEqual(range(86, 100));
    expect(slices.at(-1)?.rows).toEqual(range(1, 10));
    expect(sorted(idsIn(slices))).toEqual(range(1, 100));
  });

  it('can be limited to some pages', async () => {
    await insert(1, 100);
    await open();
    expect(idsIn(await slicesOf({ within: { from: 4, to: 8 } }))).toEqual(range(21, 40));
    expect(idsIn(await slicesOf({ within: { from: 18, to: 1_000 } }))).toEqual(range(91, 100));
  });

  it('has one slice of an empty table', async () => {
    await open();
    expect(await slicesOf()).toMatchObject([{ rows: [], share: 1, isFirst: true }]);
  });

  it('reads only the pages of the slice, each partition and inheriting table once', async () => {
    await partitionBlocks(db);
    await open();
    const plans: string[] = [];
    const read = async (tx: Queryable, pages: PageRange) => {
      const rows = await tx.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT b.id FROM ${table.blocks} b WHERE ${pageRangeSql('b', '$1', '$2')}`,
        pageRangeValues(pages),
      );
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return [];
    };
    await slicesOf({ read });
    expect(plans[0]?.match(/Tid Range Scan/g)).toHaveLength(3);
    expect(plans[0]).not.toContain('Seq Scan');
  });

  it('passes each row of partitions of different sizes once, a few pages of all together', async () => {
    await partitionBlocks(db, [10, 60]);
    await insert(1, 100);
    await open();
    for (const newestFirst of [false, true]) {
      const slices = await slicesOf({ newestFirst, slicePages: 6 });
      expect(sorted(idsIn(slices))).toEqual(range(1, 100));
      expect(Math.max(...slices.map(({ pages }) => pages))).toBeLessThanOrEqual(6);
      expect(slices.at(-1)?.share).toBe(1);
    }
  });

  it('passes the rows of tables that inherit from it', async () => {
    await insert(1, 30);
    await db.query('CREATE TABLE archived () INHERITS (blocks)');
    await db.query('INSERT INTO archived SELECT * FROM blocks WHERE id > 20');
    await db.query('DELETE FROM ONLY blocks WHERE id > 20');
    await open();
    expect(sorted(idsIn(await slicesOf()))).toEqual(range(1, 30));
  });

  it('needs no privilege but SELECT on the columns and on ctid', async () => {
    await partitionBlocks(db, [10, 60]);
    await insert(1, 100);
    await open();
    const role = `walker_${db.name}`;
    await db.query(`CREATE ROLE ${role}`);
    try {
      await db.query(`GRANT SELECT (id, ctid) ON blocks TO ${role}`);
      const read = async (tx: Queryable, pages: PageRange, limit: number | null) => {
        await tx.query(`SET LOCAL ROLE ${role}`);
        return await readIds(tx, pages, limit);
      };
      expect(sorted(idsIn(await slicesOf({ read })))).toEqual(range(1, 100));
    } finally {
      await db.query(`DROP OWNED BY ${role}`);
      await db.query(`DROP ROLE ${role}`);
    }
  });

  it('ends at the page that was the last when it began', async () => {
    await insert(1, 30);
    await open();
    const slices: Slice<number>[] = [];
    for await (const slice of walk()) {
      slices.push(slice);
      await insert(1_000 * slices.length, 1_000 * slices.length + 30);
    }
    expect(slices).toHaveLength(2);
    expect(idsIn(slices)).toEqual(range(1, 30));
  });

  it('misses a row that moves behind it, which the next walk finds', async () => {
    await insert(1, 100);
    await db.query('DELETE FROM blocks WHERE id <= 5');
    await db.query('VACUUM blocks');
    await open();
    const slices: Slice<number>[] = [];
    for await (const slice of walk()) {
      slices.push(slice);
      if (slice.isFirst) await db.query('UPDATE blocks SET note_id = note_id WHERE id = 100');
    }
    expect(await db.query(`SELECT ctid::text FROM blocks WHERE id = 100 AND ctid < '(1,0)'`)).toHaveLength(1);
    expect(idsIn(slices)).toEqual(range(6, 99));
    expect(sorted(idsIn(await slicesOf()))).toEqual(range(6, 100));
  });

  it.each(['VACUUM FULL blocks', 'CLUSTER blocks USING blocks_pkey', 'ALTER TABLE blocks SET UNLOGGED'])(
    'begins again after %s',
    async (rewrite) => {
      await insert(1, 100);
      await db.query('DELETE FROM blocks WHERE id <= 20');
      await open();
      const slices: Slice<number>[] = [];
      for await (const slice of walk()) {
        if (slices.length === 3) await db.query(rewrite);
        slices.push(slice);
      }
      const again = slices.findLastIndex(({ isFirst }) => isFirst);
      expect(again).toBe(4);
      expect(idsIn(slices.slice(again))).toEqual(range(21, 100));
    },
  );

  it('begins again, with nothing, after TRUNCATE', async () => {
    await insert(1, 100);
    await open();
    const slices: Slice<number>[] = [];
    for await (const slice of walk()) {
      if (slices.length === 1) await db.query('TRUNCATE blocks');
      slices.push(slice);
    }
    expect(slices.slice(2)).toMatchObject([{ isFirst: true, rows: [], share: 1 }]);
  });

  it('does not begin again when a partition is added', async () => {
    await partitionBlocks(db, [10, 60]);
    await insert(1, 100);
    await open();
    const slices: Slice<number>[] = [];
    for await (const slice of walk()) {
      if (slice.isFirst)
        await db.query('CREATE TABLE blocks_more PARTITION OF blocks FOR VALUES FROM (2000) TO (3000)');
      slices.push(slice);
    }
    expect(slices.filter(({ isFirst }) => isFirst)).toHaveLength(1);
  });

  it('divides a slice that has more rows than it may return', async () => {
    await insert(1, 100);
    await open();
    const slices = await slicesOf({ slicePages: 8, maxRows: 12 });
    expect(idsIn(slices)).toEqual(range(1, 100));
    expect(Math.max(...slices.map(({ rows }) => rows.length))).toBeLessThan(12);
  });

  it('returns all rows of a single page, however many they are', async () => {
    await insert(1, 10);
    await open();
    expect((await slicesOf({ maxRows: 2 })).map(({ rows }) => rows.length)).toEqual([5, 5]);
  });

  it('divides a slice whose statement exceeds its timeout', async () => {
    await insert(1, 60);
    await open();
    const read = async (tx: Queryable, pages: PageRange, limit: number | null) => {
      if (pages.to - pages.from > 2) await tx.query('SELECT pg_sleep(60)');
      return await readIds(tx, pages, limit);
    };
    const slices = await slicesOf({ read, slicePages: 8, timeoutMs: 50 });
    expect(idsIn(slices)).toEqual(range(1, 60));
    expect(Math.max(...slices.map(({ pages }) => pages))).toBe(2);
  });

  it('fails if a single page takes longer', async () => {
    await insert(1, 10);
    await open();
    const read = async (tx: Queryable) => await tx.query<never>('SELECT pg_sleep(60)');
    await expect(slicesOf({ read, timeoutMs: 50 })).rejects.toMatchObject({ code: '57014' });
  });

  it('reads with the attempts that its caller makes', async () => {
    await insert(1, 10);
    await open();
    let failures = 1;
    const read = async (tx: Queryable, pages: PageRange, limit: number | null) => {
      if (failures-- > 0) throw new Error('once');
      return await readIds(tx, pages, limit);
    };
    let attempts = 0;
    const attempt = <T>(work: () => Promise<T>) => {
      attempts += 1;
      return work().catch(work);
    };
    expect(idsIn(await slicesOf({ read, attempt }))).toEqual(range(1, 10));
    expect(attempts).toBe(2); // for the size of the table, and for its only slice
  });
});
