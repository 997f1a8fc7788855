import { countScope, type CountScope } from '../../src/backlog/count-scope.js';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import { EVERY_BLOCK } from '../../src/blocks/scope.js';
import { readNoteIdType } from '../../src/blocks/sql/read-note-id-type.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import { loadConfig } from '../../src/config/config.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertNote } from '../support/fixtures.js';
import { insertPages } from '../support/many-pages.js';
import type { TestDatabase } from '../support/test-database.js';
import { installPgBoss } from '../support/worker-role.js';

const LARGE = { exactPages: 100, samplePages: [500] };

describeWithServer('counting the blocks of a backfill', () => {
  let db: TestDatabase;
  let database: Postgres;
  let table: BlocksTable;
  let names: CountScope['names'];
  afterEach(() => database.close());

  const open = async () => {
    const config = loadConfig({ PALDOCS_DATABASE_URL: db.url });
    database = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'under test', poolSize: 1 });
    table = await inspectBlocks(database, config.tables);
    ({ names } = config);
  };
  const count = async (options: Partial<CountScope> = {}) =>
    await countScope({
      ...{ database, table, names, scope: EVERY_BLOCK, after: null, withJobs: true, exact: false, limits: LARGE },
      ...options,
    });
  const insertJobs = async (ids: readonly string[]) => {
    await db.query(`SELECT pgboss.create_queue('embed-block', '{"policy":"exclusive"}')`);
    await db.query(
      `INSERT INTO pgboss.job (name, policy, state, singleton_key) SELECT 'embed-block', 'exclusive', 'created', id FROM unnest($1::text[]) id`,
      [ids],
    );
  };
  const totals = ({ counts, scale }: Awaited<ReturnType<typeof count>>, status: string) => {
    const of = (key: 'count' | 'queued') =>
      scale * counts.filter((one) => one.status === status).reduce((sum, one) => sum + one[key], 0);
    return { count: of('count'), queued: of('queued') };
  };

  it.each(['integer', 'bigint', 'uuid', 'text'] as const)(
    'counts those with a job, with ids of type %s',
    async (idType) => {
      db = await createDatabase({ idType });
      await installPgBoss(db);
      const ids = await insertBacklog(db, 40);
      await insertBacklog(db, 7, { status: 'completed' });
      await insertJobs(ids.slice(0, 15));
      await open();
      for (const exact of [false, true]) {
        const tally = await count({ exact });
        expect(totals(tally, 'pending')).toEqual({ count: 40, queued: 15 });
        expect(totals(tally, 'completed')).toEqual({ count: 7, queued: 0 });
        expect(tally.estimated).toBe(false);
      }
      expect(totals(await count({ withJobs: false }), 'pending')).toEqual({ count: 40, queued: 0 });
    },
  );

  it('samples a large table, in scope and after an id', async () => {
    db = await createDatabase();
    await insertPages(db, { count: 2_000, status: 'pending' });
    await db.query('VACUUM ANALYZE blocks');
    await open();
    const scope = { types: ['heading'], notes: null };
    const tally = await count({ scope, after: '5000', withJobs: false });
    expect(tally.estimated).toBe(true);
    expect(Math.abs(totals(tally, 'pending').count - 2_500)).toBeLessThan(500);
    expect(totals(await count({ scope, after: '5000', withJobs: false, exact: true }), 'pending').count).toBe(2_500);
  });

  it('counts the blocks of a few notes exactly, however large the table', async () => {
    db = await createDatabase();
    await insertPages(db, { count: 1_000 });
    const noteId = await insertNote(db);
    await insertBacklog(db, 12, { noteId });
    await open();
    const scope = { types: null, notes: { ids: [noteId], idType: await readNoteIdType(database, table) } };
    const tally = await count({ scope, withJobs: false });
    expect(tally).toMatchObject({ estimated: false });
    expect(tally.counts).toEqual([{ status: 'pending', rows: 12, count: 12, queued: 0 }]);
  });
});
