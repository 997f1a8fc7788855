import { inspectBlocks } from '../../src/blocks/inspect.js';
import { sampleStored } from '../../src/blocks/sample-stored.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import { loadConfig } from '../../src/config/config.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertPages } from '../support/many-pages.js';

describeWithServer('a sample of completed blocks', () => {
  let database: Postgres;
  let table: BlocksTable;
  beforeAll(async () => {
    const db = await createDatabase();
    const config = loadConfig({ PALDOCS_DATABASE_URL: db.url });
    database = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'test', poolSize: 2 });
    table = await inspectBlocks(database, config.tables);
    await insertPages(db, { count: 200 });
    await insertBacklog(db, 3, { status: 'completed', type: 'rare' });
    await insertBacklog(db, 10, { status: 'pending', type: 'waiting' });
  });
  afterAll(() => database.close());

  const countsOf = (sample: readonly { type: string }[]) =>
    Object.fromEntries([...Map.groupBy(sample, ({ type }) => type)].map(([type, blocks]) => [type, blocks.length]));

  it('has at most as many blocks of each type as asked for, and no others', async () => {
    expect(countsOf(await sampleStored(database, table, 20))).toEqual({ heading: 20, paragraph: 20, rare: 3 });
  });

  it('is another one each time', async () => {
    const first = new Set((await sampleStored(database, table, 20)).map(({ id }) => id));
    const second = (await sampleStored(database, table, 20)).map(({ id }) => id);
    expect(second.filter((id) => !first.has(id)).length).toBeGreaterThan(10);
  });

  it('reads only some pages of a table that is larger', async () => {
    const sample = await sampleStored(database, table, 1_000, [20]);
    const { heading = 0, paragraph = 0 } = countsOf(sample);
    // 20 of 200 pages, with five blocks each; ten times the expected deviation.
    expect(heading + paragraph).toBeGreaterThan(0);
    expect(heading + paragraph).toBeLessThan(600);
  });
});
