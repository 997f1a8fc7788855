import { readErrors, type ErrorsContext } from '../../src/backlog/read-errors.js';
import type { ErrorPage } from '../../src/backlog/sql/find-errors.js';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import { loadConfig } from '../../src/config/config.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { partitionBlocks } from '../support/partitions.js';
import type { SchemaVariant } from '../support/schema-variant.js';
import type { TestDatabase } from '../support/test-database.js';
import { installPgBoss } from '../support/worker-role.js';

const FIRST_PAGE: ErrorPage = { reason: null, after: null, limit: 100 };
/** Makes every table a large one. */
const LARGE = { exact: false, exactPages: 0 };

describeWithServer('reading the blocks in error', () => {
  let db: TestDatabase;
  let database: Postgres;
  let table: BlocksTable;
  let names: ReturnType<typeof loadConfig>['names'];
  afterEach(() => database.close());

  const create = async (variant: SchemaVariant = {}) => {
    db = await createDatabase(variant);
    await installPgBoss(db);
  };
  const open = async () => {
    const config = loadConfig({ PALDOCS_DATABASE_URL: db.url });
    database = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'under test', poolSize: 1 });
    table = await inspectBlocks(database, config.tables);
    ({ names } = config);
  };
  /** Inserts dead letters as pg-boss does. */
  const insertDeadLetters = async (ids: readonly string[], reason: string, minutesAgo = 0) => {
    await db.query(`SELECT pgboss.create_queue('embed-block-failed', '{"policy":"standard"}')`).catch(() => undefined);
    await db.query(
      `INSERT INTO pgboss.job (name, state, singleton_key, source_output, created_on)
       SELECT 'embed-block-failed', 'created', id, jsonb_build_object('reason', $2::text, 'failures', 2), now() - $3::int * interval '1 min'
         FROM unnest($1::text[]) id`,
      [ids, reason, minutesAgo],
    );
  };
  const read = (options: Partial<ErrorsContext> = {}, page = FIRST_PAGE) =>
    readErrors({ database, table, names, ...LARGE, ...options }, page);

  it.each(['integer', 'bigint', 'uuid', 'text'] as const)(
    'finds those with a dead letter by their ids of type %s, in order',
    async (idType) => {
      await create({ idType });
      await insertBacklog(db, 200, { status: 'completed' });
      const ids = await insertBacklog(db, 30, { status: 'error' });
      await insertDeadLetters(ids.slice(0, 20), 'OLLAMA_NAN');
      await insertDeadLetters(ids.slice(20), 'OLLAMA_REJECTED');
      await insertDeadLetters(['not an id', '', '99999999999999999999'], 'OLLAMA_NAN');
      await open();
      const { byReason, errors, complete } = await read({}, { ...FIRST_PAGE, limit: 12 });
      expect(byReason).toEqual([
        { reason: 'OLLAMA_NAN', count: 20 },
        { reason: 'OLLAMA_REJECTED', count: 10 },
      ]);
      expect(complete).toBe(false);
      const inOrder = await db.query<{ id: string }>(
        `SELECT id::text AS id FROM blocks WHERE embedding_status = 'error' ORDER BY blocks.id`,
      );
      expect(errors.map(({ id }) => id)).toEqual(inOrder.slice(0, 12).map(({ id }) => id));
      const rest = await read({}, { ...FIRST_PAGE, after: errors.at(-1)?.id ?? null });
      expect(rest.errors.map(({ id }) => id)).toEqual(inOrder.slice(12).map(({ id }) => id));
    },
  );

  it('leaves out dead letters of blocks that are no longer in error, and counts a block once, with its newest', async () => {
    await create();
    const [first = '', second = ''] = await insertBacklog(db, 2, { status: 'error' });
    const [stored = ''] = await insertBacklog(db, 1, { status: 'completed' });
    await insertDeadLetters([first, second, stored, '12345'], 'OLLAMA_NAN', 10);
    await insertDeadLetters([first], 'TOO_SLOW');
    await open();
    const { byReason, errors } = await read();
    expect(byReason).toEqual([
      { reason: 'OLLAMA_NAN', count: 1 },
      { reason: 'TOO_SLOW', count: 1 },
    ]);
    expect(errors.map(({ id, reason }) => [id, reason])).toEqual([
      [first, 'TOO_SLOW'],
      [second, 'OLLAMA_NAN'],
    ]);
  });

  it('does not look up the blocks of many dead letters for the counts, unless asked', async () => {
    await create();
    const ids = await insertBacklog(db, 20, { status: 'error' });
    const stored = await insertBacklog(db, 3, { status: 'completed' });
    await insertDeadLetters([...ids, ...stored], 'OLLAMA_NAN');
    await open();
    const counted = (count: number, estimated: boolean) => ({ byReason: [{ reason: 'OLLAMA_NAN', count }], estimated });
    expect(await read({ maxLookUps: 22 })).toMatchObject(counted(23, true));
    expect(await read({ maxLookUps: 23 })).toMatchObject(counted(20, false));
    expect(await read({ maxLookUps: 22, exact: true })).toMatchObject(counted(20, false));
  });

  describe('without a dead letter', () => {
    const prepare = async () => {
      await create();
      await partitionBlocks(db, [40, 80]);
      const ids = await insertBacklog(db, 90, { status: 'error' });
      await insertDeadLetters(ids.slice(10, 50), 'OLLAMA_NAN');
      await open();
      return ids;
    };
    const all = {
      byReason: [
        { reason: null, count: 50 },
        { reason: 'OLLAMA_NAN', count: 40 },
      ],
      complete: true,
    };

    it.each([
      ['in a small table', { exactPages: 50_000 }],
      ['in a large one, if asked', { exact: true }],
    ])('finds them %s', async (_, options) => {
      const ids = await prepare();
      expect(await read(options)).toMatchObject(all);
      const page = await read(options, { ...FIRST_PAGE, after: ids[4] ?? null, limit: 10 });
      expect(page).toMatchObject(all);
      expect(page.errors.map(({ id }) => id)).toEqual(ids.slice(5, 15));
    });

    it('finds them in a large one by an index on the status', async () => {
      await prepare();
      await db.query(`CREATE INDEX ON blocks (embedding_status, id) WHERE embedding_status IN ('pending', 'error')`);
      await insertBacklog(db, 20_000, { status: 'completed' });
      await db.query('VACUUM ANALYZE blocks');
      expect(await read()).toMatchObject(all);
    });

    it('says that they are not included otherwise', async () => {
      await prepare();
      expect(await read()).toMatchObject({ byReason: [{ reason: 'OLLAMA_NAN', count: 40 }], complete: false });
    });
  });

  it('needs no queue', async () => {
    await create();
    await insertBacklog(db, 2, { status: 'error' });
    await open();
    expect(await read({ names: null })).toEqual({ byReason: [], errors: [], complete: false, estimated: false });
    expect(await read({ names: null, exact: true })).toMatchObject({
      byReason: [{ reason: null, count: 2 }],
      errors: [{ id: '1', reason: null }, { id: '2' }],
      complete: true,
    });
  });
});
