import { SWEPT } from '../../src/leader/sweep.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { inheritForeign } from '../support/foreign-table.js';
import { openLeaderSite, type LeaderSite } from '../support/leader-site.js';
import { insertPaged } from '../support/paged-blocks.js';
import { partitionBlocks } from '../support/partitions.js';
import type { TestDatabase } from '../support/test-database.js';
import { createRole, grant, installPgBoss, type WorkerRole } from '../support/worker-role.js';
import { countByStatus } from '../support/worker-blocks.js';

/** Statuses of 100 blocks on 20 pages: a few on different pages need something. */
const SCATTERED = `CASE WHEN id IN (3, 50, 98) THEN 'pending' WHEN id IN (4, 97) THEN NULL WHEN id IN (20, 60) THEN 'processing'
  WHEN id = 70 THEN 'skipped' ELSE 'completed' END`;
const NEEDS_JOB = ['3', '4', '20', '50', '60', '97', '98'];
const VECTOR = `UPDATE blocks SET embedding = array_fill(1, ARRAY[768])::vector WHERE id = 70`;
const NULLABLE = 'ALTER TABLE blocks ALTER embedding_status DROP NOT NULL';
const ENUM = [
  `CREATE TYPE state AS ENUM ('pending', 'processing', 'completed', 'error', 'skipped')`,
  'ALTER TABLE blocks DROP CONSTRAINT IF EXISTS blocks_embedding_status_check, ALTER embedding_status DROP DEFAULT',
  'ALTER TABLE blocks ALTER embedding_status TYPE state USING embedding_status::state',
];
const INDEX = `CREATE INDEX waiting ON blocks (embedding_status, id) WHERE embedding_status IS NULL
  OR embedding_status IN ('pending', 'processing', 'error') OR (embedding_status = 'skipped' AND embedding IS NOT NULL)`;

const RUNNING = new AbortController().signal;

describeWithServer('a sweep', () => {
  let db: TestDatabase;
  let site: LeaderSite;
  let role: WorkerRole | undefined;
  let status: string;
  beforeEach(async () => {
    db = await createDatabase();
    await db.query(NULLABLE);
    status = SCATTERED;
  });
  afterEach(async () => {
    await site.close();
    await role?.drop();
    role = undefined;
  });

  const jobKeys = async () =>
    (
      await db.query<{ key: string }>(
        `SELECT singleton_key AS key FROM pgboss.job WHERE name = 'embed-block' ORDER BY singleton_key::int`,
      )
    ).map(({ key }) => key);
  const insertScattered = async () => {
    await insertPaged(db, 1, 100, status);
    await db.query(VECTOR);
  };
  const expectAllDone = async () => {
    expect(await jobKeys()).toEqual(NEEDS_JOB);
    expect(await countByStatus(db)).toMatchObject({ pending: 5, skipped: 1 });
    expect(await db.query('SELECT FROM blocks WHERE embedding IS NOT NULL')).toEqual([]);
  };
  const DONE = { enqueued: 7, reset: 2, cleared: 1, left: 0 };

  const TABLES: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a table', () => insertScattered()],
    [
      'a table whose status is an enum',
      async () => {
        for (const statement of ENUM) await db.query(statement);
        status = `(${SCATTERED})::state`;
        await insertScattered();
      },
    ],
    [
      'a table with partitions',
      async () => {
        await partitionBlocks(db, [10, 70]);
        await db.query(NULLABLE);
        await insertScattered();
      },
    ],
    [
      'a table with a table that inherits from it',
      async () => {
        await insertScattered();
        await db.query('CREATE TABLE archived () INHERITS (blocks)');
        await db.query('INSERT INTO archived SELECT * FROM blocks WHERE id > 55');
        await db.query('DELETE FROM ONLY blocks WHERE id > 55');
      },
    ],
  ];

  it.each(TABLES)('answers all questions in one pass over %s', async (_, prepare) => {
    await prepare();
    site = await openLeaderSite(db);
    const shares: number[] = [];
    const onProgress = (share: number) => shares.push(share);
    expect(await site.sweep(site.fill(), { onProgress })).toEqual(DONE);
    await expectAllDone();
    expect(shares.length).toBeGreaterThan(5);
    expect(shares.at(-1)).toBe(1);
    expect(await site.sweep(site.fill())).toEqual({ enqueued: 0, reset: 0, cleared: 0, left: 0 });
  });

  it.each(TABLES)('answers each question through the index of %s', async (_, prepare) => {
    await prepare();
    await db.query(INDEX);
    site = await openLeaderSite(db);
    expect(await site.sweep(site.fill(), { throughIndex: true })).toEqual(DONE);
    await expectAllDone();
  });

  it('answers all questions about a table that a foreign table inherits from', async () => {
    await insertScattered();
    await db.query('CREATE TABLE archived AS SELECT * FROM blocks WHERE id > 10');
    await db.query('DELETE FROM blocks WHERE id > 10');
    await db.query('VACUUM blocks'); // leaves it smaller than the foreign table, whose size is unknown
    await inheritForeign(db, 'archived');
    site = await openLeaderSite(db);
    expect(await site.sweep(site.fill())).toEqual(DONE);
    await expectAllDone();
  });

  it('answers all questions as a role that may only read and write the columns it needs', async () => {
    await installPgBoss(db);
    role = await createRole(db);
    await grant(db, role, 'role-without-ownership.sql');
    await db.query(`REVOKE SELECT ON blocks FROM ${role.name}`);
    const columns = 'id, note_id, block_type, content, embedding, embedding_status, ctid';
    await db.query(`GRANT SELECT (${columns}) ON blocks TO ${role.name}`);
    await insertScattered();
    site = await openLeaderSite(db, role.url);
    expect(await site.sweep(site.fill())).toEqual(DONE);
    await expectAllDone();
  });

  it('pauses only after slices in which there was nothing to do', async () => {
    await insertScattered();
    site = await openLeaderSite(db);
    let slices = 0;
    let pauses = 0;
    await site.sweep(site.fill(), {
      onProgress: () => (slices += 1),
      pause: () => {
        pauses += 1;
        return Promise.resolve();
      },
    });
    expect(pauses).toBe(slices - 6);
  });

  it('begins with the newest rows if it is urgent', async () => {
    await insertScattered();
    site = await openLeaderSite(db);
    const controller = new AbortController();
    const pause = () => {
      controller.abort();
      return Promise.resolve();
    };
    await site.sweep(site.fill(), { isUrgent: true, pause }, controller.signal);
    expect(await jobKeys()).toEqual(['97', '98']);
  });

  it('misses a row that moves behind it, and finds it at the next pass', async () => {
    await insertPaged(db, 1, 100, `CASE WHEN id = 100 THEN 'pending' ELSE 'completed' END`);
    await db.query('DELETE FROM blocks WHERE id <= 5');
    await db.query('VACUUM blocks');
    site = await openLeaderSite(db);
    let moves = 0;
    const pause = async () => {
      if (moves++ === 0) await db.query('UPDATE blocks SET note_id = note_id WHERE id = 100');
    };
    const fill = site.fill();
    expect(await site.sweep(fill, { pause })).toMatchObject({ enqueued: 0 });
    expect(await site.sweep(fill, { pause })).toMatchObject({ enqueued: 1 });
  });

  it('finds all rows of a table that is rewritten during the pass, and counts none twice', async () => {
    await insertPaged(db, 1, 100, `CASE WHEN id % 5 = 0 THEN 'pending' ELSE 'completed' END`);
    await db.query('DELETE FROM blocks WHERE id <= 20');
    site = await openLeaderSite(db);
    let pauses = 0;
    const pause = async () => {
      if (++pauses === 8) await db.query('VACUUM FULL blocks');
    };
    expect(await site.sweep(site.fill(6), { pause })).toMatchObject({ enqueued: 6, left: 10 });
  });

  it('ends although the table grows, and finds the new rows at the next pass', async () => {
    await insertPaged(db, 1, 50);
    site = await openLeaderSite(db);
    let next = 1_000;
    const pause = async () => {
      await insertPaged(db, next, next + 9, `'pending'`);
      next += 10;
    };
    const fill = site.fill();
    expect(await site.sweep(fill, { pause })).toMatchObject({ enqueued: 0 });
    expect(await site.sweep(fill)).toMatchObject({ enqueued: next - 1_000 });
  });

  it('is given up when it is told to', async () => {
    await insertScattered();
    site = await openLeaderSite(db);
    const controller = new AbortController();
    const onProgress = () => {
      controller.abort();
    };
    expect(await site.sweep(site.fill(), { onProgress }, controller.signal)).toBeUndefined();
    expect(await jobKeys()).toEqual(['3', '4']);
  });

  it.each(['TRUNCATE blocks', `DELETE FROM blocks WHERE id > 20; VACUUM blocks`])(
    'does not wait for capacity once the pages where it left blocks are gone: %s',
    async (shrink) => {
      await insertPaged(db, 1, 100, `CASE WHEN id > 50 THEN 'pending' ELSE 'completed' END`);
      site = await openLeaderSite(db);
      const fill = site.fill(12);
      expect(await site.sweep(fill)).toMatchObject({ enqueued: 12, left: 38 });
      for (const statement of shrink.split(';')) await db.query(statement);
      await db.query('DELETE FROM pgboss.job');
      await fill.resume(RUNNING);
      expect(fill.isStopped).toBe(false);
      expect(fill.left).toBe(0);
    },
  );

  it('answers the other questions although the queue is full, and counts what it leaves', async () => {
    await insertPaged(
      db,
      1,
      100,
      `CASE WHEN id = 100 THEN 'processing' WHEN id = 99 THEN 'skipped' ELSE 'pending' END`,
    );
    await db.query(VECTOR.replace('70', '99'));
    site = await openLeaderSite(db);
    const fill = site.fill(12);
    expect(await site.sweep(fill)).toEqual({ enqueued: 12, reset: 1, cleared: 1, left: 87 });
    expect(fill.isStopped).toBe(true);
    expect(fill.hasBacklog).toBe(true);
  });

  it.each([false, true])(
    'fills the queue later, from the first place where it left blocks (index: %s)',
    async (throughIndex) => {
      await insertPaged(db, 1, 100, `'pending'`);
      if (throughIndex) await db.query(INDEX);
      site = await openLeaderSite(db);
      const fill = site.fill(12);
      const sweep = () => site.sweep(fill, { throughIndex });
      expect(await sweep()).toMatchObject({ enqueued: 12, left: 88 });
      expect(await fill.resume(RUNNING)).toMatchObject({ enqueued: 0 });
      expect(fill.left).toBe(88);
      const finish = async () => {
        await db.query(`UPDATE blocks SET embedding_status = 'completed'
                       WHERE id::text IN (SELECT singleton_key FROM pgboss.job WHERE name = 'embed-block')`);
        await db.query(`DELETE FROM pgboss.job WHERE name = 'embed-block'`);
      };
      for (let left = 88; left > 0; left -= 12) {
        await finish();
        expect(await fill.resume(RUNNING)).toMatchObject({ enqueued: Math.min(12, left) });
        expect(fill.left).toBe(Math.max(0, left - 12));
        if (throughIndex) continue;
        // 88 blocks are left: block 13 first.
        expect((await jobKeys())[0]).toBe(String(101 - left));
      }
      await finish();
      await fill.resume(RUNNING);
      expect(fill.isStopped).toBe(false);
      expect(fill.hasBacklog).toBe(false);
      expect(await countByStatus(db)).toEqual({ completed: 100 });
    },
  );

  it('fills the queue in slices after the index is gone that led to the blocks it left', async () => {
    await insertPaged(db, 1, 30, `'pending'`);
    await db.query(INDEX);
    site = await openLeaderSite(db);
    const fill = site.fill(5);
    expect(await site.sweep(fill, { throughIndex: true })).toMatchObject({ enqueued: 5, left: 25 });
    await db.query('DROP INDEX waiting');
    expect(await site.sweep(fill)).toMatchObject({ enqueued: 0, left: 25 });
    await db.query(`UPDATE blocks SET embedding_status = 'completed'`);
    await db.query(`DELETE FROM pgboss.job WHERE name = 'embed-block'`);
    expect((await fill.resume(RUNNING)).read.pages).toBe(1);
  });

  it('does not read again what lies before the first block that it left', async () => {
    await insertPaged(db, 1, 100, `CASE WHEN id > 90 THEN 'pending' ELSE 'completed' END`);
    site = await openLeaderSite(db);
    const fill = site.fill(4);
    expect(await site.sweep(fill)).toMatchObject({ enqueued: 4, left: 6 });
    await db.query(`UPDATE blocks SET embedding_status = 'pending' WHERE id = 1`);
    await db.query(`DELETE FROM pgboss.job WHERE name = 'embed-block'`);
    expect(await fill.resume(RUNNING)).toMatchObject({ enqueued: 4 });
    expect(await jobKeys()).toEqual(['91', '92', '93', '94']);
  });

  it('resumes behind a slice in which nothing waits any more, with the next call', async () => {
    await insertPaged(db, 1, 30, `'pending'`);
    site = await openLeaderSite(db);
    const fill = site.fill(5);
    expect(await site.sweep(fill)).toMatchObject({ enqueued: 5, left: 25 });
    await db.query(`UPDATE blocks SET embedding_status = 'completed' WHERE id <= 25`);
    await db.query(`DELETE FROM pgboss.job WHERE name = 'embed-block'`);
    const resumed: number[] = [];
    while (fill.isStopped) resumed.push((await fill.resume(RUNNING)).enqueued);
    expect(resumed.reduce((sum, enqueued) => sum + enqueued, 0)).toBe(5);
    expect(resumed.length).toBeGreaterThan(2);
    expect(fill.left).toBe(0);
  });

  it('continues in slices if a statement through the index takes too long, and counts no block twice', async () => {
    await installPgBoss(db);
    role = await createRole(db);
    await grant(db, role, 'role-without-ownership.sql');
    await insertPaged(
      db,
      1,
      100,
      `CASE WHEN id % 20 = 3 THEN 'pending' WHEN id % 20 = 4 THEN NULL ELSE 'completed' END`,
    );
    // Slow for the second question, unless it is asked about a range of pages.
    await db.query(
      `CREATE POLICY slow ON blocks USING (current_query() NOT LIKE '%IS NULL%' OR current_query() LIKE '%ctid%' OR pg_sleep(60) IS NULL)`,
    );
    await db.query('ALTER TABLE blocks ENABLE ROW LEVEL SECURITY');
    site = await openLeaderSite(db, role.url);
    let parts = 0;
    const onProgress = () => (parts += 1);
    expect(await site.sweep(site.fill(2), { throughIndex: true, onProgress })).toMatchObject({ enqueued: 2, left: 8 });
    expect(parts).toBe(1 + 20);
  });

  it('uses the index only if PostgreSQL does, which reads a small table without it', async () => {
    await insertPaged(db, 1, 5);
    await db.query(INDEX);
    await db.query('ANALYZE blocks');
    site = await openLeaderSite(db);
    expect(await site.parts.blocks.hasIndexFor(SWEPT)).toBe(false);
    await insertPaged(db, 6, 5_000);
    await db.query('VACUUM ANALYZE blocks');
    expect(await site.parts.blocks.hasIndexFor(SWEPT)).toBe(true);
    await db.query('DROP INDEX waiting');
    expect(await site.parts.blocks.hasIndexFor(SWEPT)).toBe(false);
  });
});
