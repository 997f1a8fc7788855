import { CONDITIONS } from '../../../src/blocks/condition.js';
import { findByCondition } from '../../../src/blocks/sql/find-by-condition.js';
import { readIndexUse } from '../../../src/blocks/status-index/use.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { StatusIndexSite, TABLES } from './site.js';

describeWithServer('the status index', () => {
  let site: StatusIndexSite;
  afterEach(() => site.close());

  it.each(Object.entries(TABLES))('serves every condition of a sweep, with a status of %s', async (_, sql) => {
    site = await StatusIndexSite.open(sql);
    await site.fill();
    expect(await site.diagnose()).toMatchObject({ isUsable: false, isUsed: false, complete: [], reasons: [] });
    await site.create();
    await site.db.query('ANALYZE blocks');
    expect(await site.diagnose()).toMatchObject({ isUsable: true, isUsed: true, reasons: [] });
    for (const [condition, { isServed, whole }] of await readIndexUse(site.postgres, site.table)) {
      expect([condition, isServed, whole]).toEqual([condition, true, []]);
    }
  });

  it.each(Object.entries(TABLES))('is created once: with a status of %s', async (_, sql) => {
    site = await StatusIndexSite.open(sql);
    await site.create();
    expect(await site.create()).toEqual([]);
  });

  it('of a partitioned table is completed if only some partitions have it', async () => {
    site = await StatusIndexSite.open(TABLES['text, in partitions of partitions']);
    await site.fill();
    const [parent = '', ...others] = await site.create();
    expect(parent).toMatch(/^CREATE INDEX "blocks_embedding_status_idx" ON ONLY "public"\."blocks" /);
    await site.db.query('DROP INDEX blocks_embedding_status_idx');
    await site.db.query(parent);
    const partition = others.find((statement) => statement.includes('ON "public"."blocks_2a"')) ?? '';
    await site.db.query(partition);
    const { isUsable, reasons } = await site.diagnose();
    expect({ isUsable, reasons }).toEqual({
      isUsable: false,
      reasons: [
        'blocks_embedding_status_idx is invalid: it has no attached index for public."blo cks_2" and public.blocks_1',
      ],
    });
    expect((await site.create()).join('\n')).not.toMatch(/CREATE INDEX .* ON (ONLY )?"public"\."(blocks|blocks_2a)" /);
    expect(await site.diagnose()).toMatchObject({ isUsable: true, reasons: [] });
    expect(await site.db.query('SELECT indexrelid::regclass AS invalid FROM pg_index WHERE NOT indisvalid')).toEqual(
      [],
    );
  });

  it.each([
    ['many blocks to be pending', `embedding_status = 'pending'`],
    ['many skipped blocks to have a vector', `embedding_status = 'skipped', embedding = '[1,0,0]'`],
    ['many blocks to have no status', 'embedding_status = NULL'],
  ])('is used, too, if PostgreSQL expects %s', async (_, set) => {
    site = await StatusIndexSite.open(TABLES.text);
    await site.fill();
    await site.create();
    await site.db.query('ALTER TABLE blocks SET (autovacuum_enabled = off)');
    await site.db.query(`UPDATE blocks SET ${set} WHERE id % 3 = 0`);
    await site.db.query('ANALYZE blocks');
    await site.db.query(`UPDATE blocks SET embedding_status = 'completed'`);
    for (const [condition, { isServed, whole }] of await readIndexUse(site.postgres, site.table)) {
      expect([condition, isServed, whole]).toEqual([condition, true, []]);
    }
  });

  it('is used where nothing waits, too', async () => {
    site = await StatusIndexSite.open(TABLES.text);
    await site.fill();
    await site.create();
    await site.db.query(`UPDATE blocks SET embedding_status = 'completed' WHERE embedding_status <> 'skipped'`);
    await site.db.query('VACUUM ANALYZE blocks');
    expect((await site.diagnose()).isUsed).toBe(true);
    for (const condition of CONDITIONS) {
      expect(await findByCondition(site.postgres, site.table, condition, { after: null, limit: 10 })).toEqual([]);
    }
  });
});

describeWithServer('the blocks of a condition', () => {
  let site: StatusIndexSite;
  beforeAll(async () => {
    site = await StatusIndexSite.open(TABLES.text);
    await site.fill(4_000);
    await site.db.query(`UPDATE blocks SET embedding_status = NULL WHERE id IN (100, 9, 1200)`);
    await site.db.query(`UPDATE blocks SET embedding_status = 'skipped' WHERE id IN (11, 7)`);
  });
  afterAll(() => site.close());

  it.each([
    ['pending', ['1', '1001', '2001', '3001']],
    ['unset', ['9', '100', '1200']],
    ['processing', ['2']],
    ['error', ['3']],
    ['stale-vector', ['7', '11']],
  ] as const)('%s are found in order, page by page', async (condition, ids) => {
    const find = (after: string | null, limit: number) =>
      findByCondition(site.postgres, site.table, condition, { after, limit });
    expect(await find(null, 10)).toEqual(ids);
    expect(await find(null, 1)).toEqual(ids.slice(0, 1));
    expect(await find(ids[0] ?? '', 10)).toEqual(ids.slice(1));
  });
});
