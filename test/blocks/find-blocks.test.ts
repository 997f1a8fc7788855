import { findBlocks } from '../../src/blocks/find-blocks.js';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import { findIds } from '../../src/blocks/sql/find-ids.js';
import { findInPages } from '../../src/blocks/sql/find-in-pages.js';
import { EVERY_BLOCK } from '../../src/blocks/scope.js';
import { pagesPart } from '../../src/blocks/table-part.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import { loadConfig } from '../../src/config/config.js';
import type { Queryable } from '../../src/postgres/database.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { Explaining } from '../support/explaining.js';
import { insertPaged } from '../support/paged-blocks.js';
import type { TestDatabase } from '../support/test-database.js';

const SLICE = { from: 0, to: 40 };

/** Statements that read one slice of the table. */
const READS: readonly (readonly [string, (db: Queryable, table: BlocksTable) => Promise<unknown>])[] = [
  ['a sweep', (db, table) => findInPages(db, table, ['pending', 'unset'], SLICE, null)],
  [
    'a backfill',
    (db, table) =>
      findIds(
        db,
        table,
        { scope: EVERY_BLOCK, statuses: ['pending', 'unset'], after: null },
        pagesPart(table, SLICE),
        null,
      ),
  ],
];

describeWithServer('finding blocks in slices', () => {
  let db: TestDatabase;
  let postgres: Postgres;
  let table: BlocksTable;
  beforeEach(async () => {
    db = await createDatabase();
    postgres = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'under test', poolSize: 2 });
    table = await inspectBlocks(postgres, loadConfig({ PALDOCS_DATABASE_URL: db.url }).tables);
  });
  afterEach(() => postgres.close());

  /** PostgreSQL believes that no block is pending, and that an index on the status would find none at once. */
  const insertUnexpected = async () => {
    await db.query('ALTER TABLE blocks SET (autovacuum_enabled = off)');
    await insertPaged(db, 1, 1_000);
    await db.query('CREATE INDEX plain ON blocks (embedding_status)');
    await db.query('ANALYZE blocks');
    await db.query(`UPDATE blocks SET embedding_status = 'pending'`);
  };

  it.each(READS)('reads no other pages for %s, although an index on the status looks better', async (_, read) => {
    await insertUnexpected();
    const explaining = new Explaining(db);
    await read(explaining, table);
    expect(explaining.reads.map((node) => node['Node Type'])).toContain('Tid Range Scan');
    expect(explaining.mostPages).toBeLessThanOrEqual(2 * SLICE.to);
  });

  it('finds all of them all the same', async () => {
    await insertUnexpected();
    const ids: string[] = [];
    for await (const { rows } of findBlocks(postgres, table, ['pending'], { throughIndex: false, slicePages: 40 })) {
      ids.push(...rows.map(({ id }) => id));
    }
    expect(new Set(ids).size).toBe(1_000);
  });
});
