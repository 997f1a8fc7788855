import { inspectBlocks } from '../../../src/blocks/inspect.js';
import { sampleBlocks } from '../../../src/blocks/sql/sample-blocks.js';
import { countOrEstimate } from '../../../src/blocks/count-or-estimate.js';
import { loadConfig } from '../../../src/config/config.js';
import { Postgres } from '../../../src/postgres/postgres.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { insertNote } from '../../support/fixtures.js';
import type { TestDatabase } from '../../support/test-database.js';

const BLOCKS = 60_000;

describeWithServer('counting many blocks', () => {
  let db: TestDatabase;
  let database: Postgres;
  beforeAll(async () => {
    db = await createDatabase();
    const noteId = await insertNote(db);
    // About 7,500 pages, of which the sample reads 2,000.
    await db.query(
      `INSERT INTO blocks (note_id, block_type, content)
       SELECT $1::bigint, CASE WHEN g % 4 = 0 THEN 'heading' ELSE 'paragraph' END, to_jsonb(repeat(md5(g::text), 24))
         FROM generate_series(1, ${BLOCKS}) g`,
      [noteId],
    );
    database = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'test', poolSize: 1 });
  });
  afterAll(() => database.close());

  const inspect = () => inspectBlocks(database, loadConfig({ PALDOCS_DATABASE_URL: db.url }).tables);

  it('is exact if there is time', async () => {
    const tally = await countOrEstimate(database, await inspect(), 30_000);
    expect(tally.estimated).toBe(false);
    expect(tally.counts).toHaveLength(2);
    expect(tally.counts).toContainEqual({ status: 'pending', type: 'heading', count: BLOCKS / 4 });
  });

  it('is an estimate otherwise, and says so', async () => {
    const tally = await countOrEstimate(database, await inspect(), 1);
    expect(tally.estimated).toBe(true);
    const total = tally.counts.reduce((sum, { count }) => sum + count, 0);
    expect(total).toBeGreaterThan(BLOCKS * 0.9);
    expect(total).toBeLessThan(BLOCKS * 1.1);
  });

  it('samples every block of a small table', async () => {
    await db.query('DELETE FROM blocks WHERE id > (SELECT min(id) + 999 FROM blocks)');
    await db.query('VACUUM FULL blocks');
    expect(await sampleBlocks(database, await inspect())).toContainEqual({
      status: 'pending',
      type: 'heading',
      count: 250,
    });
  });
});
