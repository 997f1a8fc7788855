import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import type { CheckContext, CheckResult } from '../../../src/commands/doctor/check.js';
import { checksFor } from '../../../src/commands/doctor/checks.js';
import { runChecks } from '../../../src/commands/doctor/run-checks.js';
import { loadConfig } from '../../../src/config/config.js';
import { embeddingServer } from '../../../src/config/embedding-server.js';
import type { ProviderKind } from '../../../src/embedder/dialect.js';
import { Postgres } from '../../../src/postgres/postgres.js';
import { openProvider } from '../../../src/embedder/open-provider.js';
import { createLogger } from '../../../src/telemetry/logger.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { insertBlocks } from '../../support/fixtures.js';
import type { TestDatabase } from '../../support/test-database.js';
import { startWorker, stopWorkers } from '../../support/worker-in-process.js';

/** Runs the checks up to the named one on a database and an Ollama, and gives its line. */
async function check(
  name: string,
  db: Pick<TestDatabase, 'url'>,
  ollama: { readonly url: string },
  environment: Readonly<Record<string, string>> = {},
): Promise<CheckResult | undefined> {
  const config = loadConfig({ PALDOCS_DATABASE_URL: db.url, PALDOCS_OLLAMA_URL: ollama.url, ...environment });
  const { databaseUrl: url, listenDatabaseUrl: sessionUrl } = config;
  const database = new Postgres({ url, sessionUrl, applicationName: 'test', poolSize: 2 });
  const client = openProvider({ ...embeddingServer(config), timeoutMs: 10_000, connections: 1 });
  const checks = checksFor(config.provider);
  const context: CheckContext = {
    config,
    database,
    provider: client,
    log: createLogger({ level: 'error', readable: false, colour: false }),
    facts: {},
    signal: new AbortController().signal,
  };
  try {
    const upTo = checks.slice(0, checks.findIndex((one) => one.name === name) + 1);
    const needed = upTo.filter((one) => one.name === name || isNeeded(one.name, name, config.provider));
    const results = await runChecks(needed, context, () => Promise.resolve());
    return results.at(-1);
  } finally {
    client.close();
    await database.close();
  }
}

function isNeeded(name: string, by: string, provider: ProviderKind): boolean {
  const needs = checksFor(provider).find((one) => one.name === by)?.needs ?? [];
  return needs.some((need) => need === name || isNeeded(name, need, provider));
}

const DROP_TRIGGER = 'DROP TRIGGER blocks_embedding_update ON blocks';

describeWithServer('a check of the database', () => {
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
      'a database that is read only',
      ['ALTER DATABASE :db SET default_transaction_read_only = on'],
      { status: 'failed', found: 'read only', fix: 'point PALDOCS_DATABASE_URL at the primary' },
    ],
    [
      'pgvector',
      'pgvector that is not in the database',
      ['DROP EXTENSION vector CASCADE'],
      { status: 'failed', found: 'not in this database', fix: 'CREATE EXTENSION vector;' },
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
      'no block to try it on',
      ['DELETE FROM blocks'],
      { status: 'ok', found: 'not tried: the table has no blocks', fix: '' },
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
      'a table without room for HOT',
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
      'one that serves',
      ['CREATE INDEX near ON blocks USING hnsw (embedding vector_cosine_ops)'],
      { status: 'ok', found: 'near (hnsw); fillfactor 75', fix: '' },
    ],
  ])('%s sees %s', async (name, _, statements, expected) => {
    for (const statement of statements) await db.query(statement.replace(':db', db.name));
    const result = await check(name, db, ollama);
    expect(result).toMatchObject({ name, status: expected.status });
    expect(result?.found).toContain(expected.found);
    expect(result?.fix ?? '').toContain(expected.fix);
  });

  it('names what a role may not do, and the GRANTs', async () => {
    const role = `doctor_${db.name}`;
    await db.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    const url = new URL(db.url);
    url.username = role;
    url.password = 'x';
    const as = { url: url.href };
    const fixes = async (name: string) => (await check(name, as, ollama))?.fix?.split('\n') ?? [];
    try {
      expect(await check('privileges', as, ollama)).toMatchObject({ status: 'failed' });
      for (const grant of await fixes('privileges')) await db.query(grant);
      expect(await check('privileges', as, ollama)).toMatchObject({ status: 'ok', fix: null });

      expect(await fixes('queue')).toEqual([`GRANT CREATE ON DATABASE "${db.name}" TO "${role}";`]);
      await (await startWorker(db, ollama)).stop();
      for (const grant of await fixes('queue')) await db.query(grant);
      expect(await check('queue', as, ollama)).toMatchObject({ status: 'ok', fix: null });
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
      expect(await check('tables', { url: url.href }, ollama, { PALDOCS_NOTES_TABLE: 'hidden.notes' })).toMatchObject({
        status: 'failed',
        found: `the role ${role} may not use the schema hidden`,
        fix: `GRANT USAGE ON SCHEMA "hidden" TO "${role}";`,
      });
    } finally {
      await db.query(`DROP ROLE ${role}`);
    }
  });

  it('hears when a notification does not arrive, as behind a pooler', async () => {
    const elsewhere = await createDatabase();
    const environment = { PALDOCS_LISTEN_DATABASE_URL: elsewhere.url };
    expect(await check('notifications', db, ollama, environment)).toMatchObject({
      status: 'failed',
      found: expect.stringMatching(
        /^sent, but not received through \S+ within 3 s: a pooler .* swallows LISTEN$/,
      ) as string,
      fix: expect.stringContaining('PALDOCS_LISTEN_DATABASE_URL') as string,
    });
    expect(
      await check('notifications', db, ollama, { PALDOCS_LISTEN_DATABASE_URL: 'postgresql://worker@127.0.0.1:1/x' }),
    ).toMatchObject({ status: 'failed', found: expect.stringContaining('cannot be opened') as string });
    await elsewhere.drop();
  });

  it('has the trigger send the id once the table is large, unless an index tells what is pending', async () => {
    const payload = async () => check('payload', db, ollama);
    expect(await payload()).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('names the block') as string,
    });
    await db.query(
      `CREATE OR REPLACE FUNCTION queue_block_embedding() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN NEW.embedding_status := 'pending'; NOTIFY embedding_queue, 'wake'; RETURN NEW; END $$`,
    );
    expect(await payload()).toMatchObject({ status: 'ok', found: expect.stringContaining('names no block') as string });
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

  it('sees that pg-boss’s schema has drifted, and gives the statement that mends it', async () => {
    await (await startWorker(db, ollama)).stop();
    await db.query('DROP INDEX pgboss.job_common_i6');
    const result = await check('queue', db, ollama);
    expect(result).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('has drifted: missing indexes') as string,
    });
    await db.query(result?.fix ?? '');
    expect(await check('queue', db, ollama)).toMatchObject({ status: 'ok' });

    await db.query('ALTER TABLE pgboss.warning DROP COLUMN message');
    expect(await check('queue', db, ollama)).toMatchObject({
      status: 'failed',
      fix: expect.stringContaining('DROP SCHEMA "pgboss" CASCADE') as string,
    });
  });

  it('sees a queue whose policy loses edits, and a schema of another version', async () => {
    await (await startWorker(db, ollama)).stop();
    await db.query(`UPDATE pgboss.queue SET policy = 'standard' WHERE name = 'embed-block'`);
    expect(await check('queue', db, ollama)).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('the policy standard, not exclusive') as string,
    });
    await db.query('UPDATE pgboss.version SET version = version - 1');
    expect(await check('queue', db, ollama)).toMatchObject({
      status: 'warning',
      fix: 'start a worker of this version, which migrates it',
    });
    await db.query('UPDATE pgboss.version SET version = version + 2');
    expect(await check('queue', db, ollama)).toMatchObject({ status: 'warning', fix: 'update this worker' });
  });
});

describeWithServer('a check of Ollama', () => {
  let db: TestDatabase;
  beforeAll(async () => (db = await createDatabase()));

  it.each([
    [
      'ollama',
      'one that is too old',
      { version: '0.11.10' },
      undefined,
      { status: 'failed', found: 'Ollama 0.11.10, which ignores "dimensions"', fix: 'update it to 0.11.11' },
    ],
    [
      'ollama',
      'one that is just new enough',
      { version: '0.11.11' },
      undefined,
      { status: 'ok', found: '0.11.11 at 127.0.0.1:', fix: '' },
    ],
    [
      'ollama',
      'one built from source',
      { version: '0.0.0' },
      undefined,
      { status: 'warning', found: 'says its version is "0.0.0"', fix: 'check that it is 0.11.11' },
    ],
    [
      'ollama',
      'one that refuses us',
      {},
      'unauthorized',
      { status: 'failed', found: 'Ollama answered 401', fix: 'put valid credentials into PALDOCS_OLLAMA_URL' },
    ],
    [
      'ollama',
      'a server that is none',
      {},
      'not-found',
      {
        status: 'failed',
        found: 'Ollama answered 404',
        fix: 'check that PALDOCS_OLLAMA_URL is the address of an Ollama server',
      },
    ],
    [
      'model',
      'no model',
      {},
      'no-model',
      { status: 'failed', found: 'the server has no model', fix: 'ollama pull qwen3-embedding:4b' },
    ],
    [
      'vectors',
      'too few dimensions',
      { nativeDimensions: 512 },
      undefined,
      { status: 'failed', found: 'gives vectors of 512 dimensions', fix: 'PALDOCS_EMBEDDING_MODEL' },
    ],
    [
      'vectors',
      'a runner that crashes',
      {},
      'crash-eof',
      { status: 'failed', found: 'EOF', fix: 'restarting it helps' },
    ],
    [
      'vectors',
      'vectors of length 0',
      {},
      'zero-vectors',
      { status: 'failed', found: 'length 0', fix: 'look at the log of Ollama' },
    ],
    [
      'vectors',
      'how long loading took',
      { loadMs: 700 },
      undefined,
      { status: 'ok', found: '; loading the model took', fix: '' },
    ],
    [
      'speed',
      'a batch in another order',
      {},
      'reordered',
      { status: 'failed', found: 'another vector alone than among others', fix: 'update Ollama' },
    ],
  ] as const)('%s sees %s', async (name, _, options, fault, expected) => {
    const ollama = await startStandIn(options);
    if (fault !== undefined) ollama.faults.add(fault);
    const result = await check(name, db, ollama);
    await ollama.stop();
    expect(result).toMatchObject({ name, status: expected.status });
    expect(result?.found).toContain(expected.found);
    expect(result?.fix ?? '').toContain(expected.fix);
  });

  it('does not wait for one that never answers', async () => {
    const ollama = await startStandIn();
    ollama.faults.add('hang');
    expect(await check('ollama', db, ollama)).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('does not answer within 5 s') as string,
    });
    await ollama.stop();
  });
});
