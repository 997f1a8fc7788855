import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { insertBlocks } from '../../support/fixtures.js';
import type { TestDatabase } from '../../support/test-database.js';
import { startWorker, stopWorkers } from '../../support/worker-in-process.js';
import { runCheck } from './run-check.js';

const DROP_TRIGGER = 'DROP TRIGGER blocks_embedding_update ON blocks';

describeWithServer('a database check', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeAll(async () => (ollama = await startStandIn()));
  beforeEach(async () => {
    db = await createDatabase();
    await insertBlocks(db, 2);
  });
  afterEach(async () => {
    await stopWorkers();
    await db.drop();
  });
  afterAll(() => ollama.stop());

  it.each([
    [
      'database',
      'a read-only database',
      ['ALTER DATABASE :db SET default_transaction_read_only = on'],
      { status: 'failed', found: 'is read-only', fix: 'point PALDOCS_DATABASE_URL at the primary' },
    ],
    [
      'pgvector',
      'pgvector that is not in the database',
      ['DROP EXTENSION vector CASCADE'],
      { status: 'failed', found: 'not installed in this database', fix: 'CREATE EXTENSION vector;' },
    ],
    [
      'tables',
      'a column of another type',
      ['ALTER TABLE blocks ALTER embedding TYPE real[] USING NULL'],
      {
        status: 'failed',
        found: 'real[], not vector(N)',
        fix: 'ALTER TABLE "public"."blocks" ALTER COLUMN "embedding" TYPE vector(768);',
      },
    ],
    [
      'tables',
      'a column of another name',
      ['ALTER TABLE blocks RENAME content TO body', DROP_TRIGGER],
      {
        status: 'failed',
        found: 'public.blocks has no column "content". It has',
        fix: 'correct PALDOCS_BLOCKS_CONTENT_COLUMN',
      },
    ],
    [
      'trigger',
      'no trigger',
      [DROP_TRIGGER],
      {
        status: 'failed',
        found: 'notifies embedding_queue after UPDATE',
        fix: 'psql "$PALDOCS_DATABASE_URL" -f migrations-noop/trigger.sql',
      },
    ],
    [
      'trigger',
      'a trigger that is disabled',
      ['ALTER TABLE blocks DISABLE TRIGGER blocks_embedding_insert'],
      {
        status: 'failed',
        found: 'is disabled',
        fix: 'ALTER TABLE "public"."blocks" ENABLE TRIGGER "blocks_embedding_insert";',
      },
    ],
    [
      'own write',
      'a trigger that our own write fires',
      [
        DROP_TRIGGER,
        'CREATE TRIGGER wide BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding()',
      ],
      {
        status: 'failed',
        found: 'fires the trigger "wide" on public.blocks',
        fix: 'CREATE OR REPLACE TRIGGER wide BEFORE UPDATE OF block_type, content ON public.blocks',
      },
    ],
    [
      'own write',
      'a constraint that refuses a status',
      [
        "ALTER TABLE blocks DROP CONSTRAINT blocks_embedding_status_check, ADD CONSTRAINT narrow CHECK (embedding_status NOT IN ('skipped', 'error'))",
      ],
      {
        status: 'failed',
        found: 'does not accept error, skipped: the constraint "narrow" rejects it',
        fix: 'ALTER TABLE "public"."blocks"',
      },
    ],
    [
      'own write',
      'no block to test with',
      ['DELETE FROM blocks'],
      { status: 'ok', found: 'not tested: the table has no blocks', fix: '' },
    ],
    [
      'indexes',
      'an index on the status beside HNSW',
      [
        "CREATE INDEX waiting ON blocks (id) WHERE embedding_status = 'pending'",
        'CREATE INDEX near ON blocks USING hnsw (embedding vector_cosine_ops)',
      ],
      { status: 'warning', found: 'waiting is on embedding_status', fix: 'DROP INDEX CONCURRENTLY waiting;' },
    ],
    [
      'indexes',
      'pages without room for HOT updates',
      ['ALTER TABLE blocks RESET (fillfactor)', 'CREATE INDEX near ON blocks USING hnsw (embedding vector_cosine_ops)'],
      {
        status: 'warning',
        found: 'fillfactor 100 leaves no room',
        fix: 'ALTER TABLE "public"."blocks" SET (fillfactor = 75);',
      },
    ],
    [
      'indexes',
      'an index for another distance',
      ['CREATE INDEX near ON blocks USING hnsw (embedding vector_l2_ops)'],
      { status: 'warning', found: 'near has vector_l2_ops', fix: 'USING hnsw ("embedding" vector_cosine_ops);' },
    ],
    [
      'indexes',
      'many blocks without an index',
      [`UPDATE pg_class SET reltuples = 1e6 WHERE oid = 'blocks'::regclass`],
      {
        status: 'warning',
        found: 'a search reads all 1,000,000 blocks',
        fix: 'CREATE INDEX CONCURRENTLY ON "public"."blocks" USING hnsw ("embedding" vector_cosine_ops);',
      },
    ],
    [
      'indexes',
      'an index that searches can use',
      ['CREATE INDEX near ON blocks USING hnsw (embedding vector_cosine_ops)'],
      { status: 'ok', found: 'near (hnsw); fillfactor 75', fix: '' },
    ],
  ])('%s detects %s', async (name, _, statements, expected) => {
    for (const statement of statements) await db.query(statement.replace(':db', db.name));
    const result = await runCheck(name, db, ollama);
    expect(result).toMatchObject({ name, status: expected.status });
    expect(result?.found).toContain(expected.found);
    expect(result?.fix ?? '').toContain(expected.fix);
  });

  it('names the privileges that a role lacks, and the GRANTs', async () => {
    const role = `doctor_${db.name}`;
    await db.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    const url = new URL(db.url);
    url.username = role;
    url.password = 'x';
    const as = { url: url.href };
    const fixes = async (name: string) => (await runCheck(name, as, ollama))?.fix?.split('\n') ?? [];
    try {
      expect(await runCheck('privileges', as, ollama)).toMatchObject({ status: 'failed' });
      for (const grant of await fixes('privileges')) await db.query(grant);
      expect(await runCheck('privileges', as, ollama)).toMatchObject({ status: 'ok', fix: null });

      expect(await fixes('queue')).toEqual([`GRANT CREATE ON DATABASE "${db.name}" TO "${role}";`]);
      await (await startWorker(db, ollama)).stop();
      for (const grant of await fixes('queue')) await db.query(grant);
      expect(await runCheck('queue', as, ollama)).toMatchObject({ status: 'ok', fix: null });
    } finally {
      await db.query(`DROP OWNED BY ${role}`);
      await db.query(`DROP ROLE ${role}`);
    }
  });

  it('names the schema that a role may not use', async () => {
    const role = `doctor_${db.name}`;
    await db.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    await db.query('CREATE SCHEMA hidden');
    await db.query('ALTER TABLE notes SET SCHEMA hidden');
    const url = new URL(db.url);
    url.username = role;
    url.password = 'x';
    try {
      expect(
        await runCheck('tables', { url: url.href }, ollama, { PALDOCS_NOTES_TABLE: 'hidden.notes' }),
      ).toMatchObject({
        status: 'failed',
        found: `the role ${role} may not use the schema hidden`,
        fix: `GRANT USAGE ON SCHEMA "hidden" TO "${role}";`,
      });
    } finally {
      await db.query(`DROP ROLE ${role}`);
    }
  });

  it('detects that notifications do not arrive, as behind a pooler', async () => {
    const elsewhere = await createDatabase();
    const environment = { PALDOCS_LISTEN_DATABASE_URL: elsewhere.url };
    expect(await runCheck('notifications', db, ollama, environment)).toMatchObject({
      status: 'failed',
      found: expect.stringMatching(
        /^test notification sent, but not received through \S+ within 3 s: a pooler .* drops LISTEN$/,
      ) as string,
      fix: expect.stringContaining('PALDOCS_LISTEN_DATABASE_URL') as string,
    });
    expect(
      await runCheck('notifications', db, ollama, { PALDOCS_LISTEN_DATABASE_URL: 'postgresql://worker@127.0.0.1:1/x' }),
    ).toMatchObject({ status: 'failed', found: expect.stringContaining('cannot open a listening session') as string });
    await elsewhere.drop();
  });

  it('asks for the block id in notifications once the table is large, unless an index finds pending blocks', async () => {
    const payload = async () => runCheck('payload', db, ollama);
    expect(await payload()).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('carry the block id') as string,
    });
    await db.query(
      `CREATE OR REPLACE FUNCTION queue_block_embedding() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN NEW.embedding_status := 'pending'; NOTIFY embedding_queue, 'wake'; RETURN NEW; END $$`,
    );
    expect(await payload()).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('carry no block id') as string,
    });
    await db.query(`UPDATE pg_class SET reltuples = 100000 WHERE oid = 'blocks'::regclass`); // as after an import
    expect(await payload()).toMatchObject({
      status: 'warning',
      found: expect.stringContaining('reads all 100,000 rows') as string,
      fix: expect.stringContaining(`PERFORM pg_notify('embedding_queue', NEW."id"::text);`) as string,
    });
    await db.query(`CREATE INDEX ON blocks (embedding_status) WHERE embedding_status = 'pending'`);
    await db.query(`UPDATE pg_class SET reltuples = 100000 WHERE oid = 'blocks'::regclass`);
    expect(await payload()).toMatchObject({ status: 'ok' });
  });
});
