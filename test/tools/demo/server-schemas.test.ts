import { createSchemas, dropSchemas } from '../../../tools/demo/server-schemas.js';
import { Postgres } from '../../../src/postgres/postgres.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import type { TestDatabase } from '../../support/test-database.js';

const SCHEMAS = { tables: 'embedding_demo_test', queue: 'embedding_demo_test_queue' };

describeWithServer('the schemas of a demo on a server', () => {
  let db: TestDatabase;
  let database: Postgres;

  beforeEach(async () => {
    db = await createDatabase();
    database = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'demo', poolSize: 2 });
  });
  afterEach(() => database.close());

  test('contain the reference tables with their trigger, and leave the platform’s tables alone', async () => {
    await createSchemas(database, SCHEMAS);
    await db.query(`INSERT INTO embedding_demo_test.notes (title) VALUES ('n')`);
    const blocks = await db.query(
      `INSERT INTO embedding_demo_test.blocks (note_id, block_type, content) VALUES (1, 'mermaid', '{}') RETURNING embedding_status`,
    );
    expect(blocks).toEqual([{ embedding_status: 'skipped' }]); // set by the trigger
    await expect(db.query('SELECT FROM public.blocks')).resolves.toEqual([]);
    await expect(database.query('SHOW search_path')).resolves.toEqual([{ search_path: '"$user", public' }]);
  });

  test('are dropped completely, whether or not the queue’s schema exists', async () => {
    const before = await objects(db);
    await createSchemas(database, SCHEMAS);
    await dropSchemas(database, SCHEMAS, false);
    await expect(objects(db)).resolves.toEqual(before);

    await createSchemas(database, SCHEMAS);
    await db.query('CREATE SCHEMA embedding_demo_test_queue CREATE TABLE job (id int)');
    await dropSchemas(database, SCHEMAS, false);
    await expect(objects(db)).resolves.toEqual(before);
  });

  test('are dropped with pgvector if it was installed for them', async () => {
    await db.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    const before = await objects(db);
    const madeExtension = await createSchemas(database, SCHEMAS);
    expect(madeExtension).toBe(true);
    await dropSchemas(database, SCHEMAS, madeExtension);
    await expect(objects(db)).resolves.toEqual(before);
  });

  test('find pgvector in any schema', async () => {
    await db.query('CREATE SCHEMA extensions; ALTER EXTENSION vector SET SCHEMA extensions');
    await expect(createSchemas(database, SCHEMAS)).resolves.toBe(false);
  });
});

/** All objects in the database outside the system's schemas. */
async function objects(db: TestDatabase): Promise<unknown> {
  return await db.query(
    `SELECT nspname AS schema, relname AS name FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
 UNION ALL SELECT 'functions', count(*)::text FROM pg_proc
 UNION ALL SELECT 'extension', extname FROM pg_extension ORDER BY 1, 2`,
  );
}
