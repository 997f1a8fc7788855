import { insertBacklog } from '../support/backlog.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks, insertNote, notify } from '../support/fixtures.js';
import { hang } from '../support/worker-hold.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, editBlock, expectEmbedded, untilIdle } from '../support/worker-blocks.js';
import { get, metricIn } from '../support/worker-http.js';
import { createRole, type WorkerRole } from '../support/worker-role.js';
import { stopWorkers } from '../support/worker-in-process.js';
import { useSite, type Site } from '../support/worker-site.js';

/** A temporary fault of a database. */
interface Fault {
  readonly name: string;
  readonly break: (db: TestDatabase) => Promise<unknown>;
  readonly repair: (db: TestDatabase) => Promise<unknown>;
  /** The code of the reason, and what its message or fix names. */
  readonly reason: string;
  readonly says: RegExp;
}

const raise = (sqlState: string) => `
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '${sqlState}'; END $$;
  CREATE TRIGGER refuse BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION refuse()`;
const DROP_RAISE = 'DROP TRIGGER refuse ON blocks; DROP FUNCTION refuse()';

const sql = (text: string) => (db: TestDatabase) => db.query(text);
const raised = (name: string, sqlState: string, reason: string, says: RegExp): Fault => ({
  ...{ name, reason, says },
  break: sql(raise(sqlState)),
  repair: sql(DROP_RAISE),
});

const FAULTS: readonly Fault[] = [
  {
    name: 'a renamed column',
    break: sql('ALTER TABLE blocks RENAME content TO body'),
    repair: sql('ALTER TABLE blocks RENAME body TO content'),
    reason: 'SCHEMA_COLUMN',
    says: /PALDOCS_BLOCKS_CONTENT_COLUMN/,
  },
  {
    name: 'a renamed table',
    break: sql('ALTER TABLE notes RENAME TO pages'),
    repair: sql('ALTER TABLE pages RENAME TO notes'),
    reason: 'SCHEMA_TABLE',
    says: /PALDOCS_NOTES_TABLE/,
  },
  raised('a full disk', '53100', 'DATABASE_DISK_FULL', /disk space/),
  raised('a read-only server', '25006', 'DATABASE_READ_ONLY', /primary/),
  raised('a lack of memory', '53200', 'DATABASE_RESOURCES', /memory/),
  raised('an I/O error', '58030', 'DATABASE_IO', /disk/),
];

async function expectHeld({ worker }: Site, { reason, says }: Pick<Fault, 'reason' | 'says'>): Promise<void> {
  await worker.events.until((events) => events.seen.hold.some((hold) => hold.reason === reason));
  const ready = await get(`${worker.url}/readyz`);
  expect(ready.status).toBe(200);
  const { parts } = JSON.parse(ready.text) as { parts: Record<string, Record<string, unknown>> };
  expect(parts['hold']).toMatchObject({ ok: true, reason });
  expect(`${String(parts['hold']?.['detail'])}\n${String(parts['hold']?.['fix'])}`).toMatch(says);
  const { text } = await get(`${worker.url}/metrics`);
  for (const part of ['backlog', 'live']) {
    expect(metricIn(text, `embedding_paused{part="${part}",reason="${reason}"}`)).toBe(1);
  }
}

/** Expects that all blocks were embedded, without a failure or a crash. */
async function expectNothingCounted({ db, worker }: Site): Promise<void> {
  await untilIdle(db);
  expect(Object.keys(await countByStatus(db))).toEqual(['completed']);
  expect(worker.events.seen.failed).toEqual([]);
  expect(worker.events.seen.crash).toEqual([]);
  const jobs = await db.query(
    `SELECT data FROM pgboss.job WHERE name = 'embed-block' AND (retry_count > 0 OR data ? 'failures' OR data ? 'crashes')`,
  );
  expect(jobs).toEqual([]);
  await worker.events.until((events) => (events.seen.hold.at(-1)?.reason ?? null) === null);
  const { text } = await get(`${worker.url}/metrics`);
  expect(text).not.toMatch(/^embedding_paused\{/m);
}

const linesOf = ({ worker }: Site, message: string) => worker.log.lines.filter((line) => line.message === message);
const PAUSED = 'the database cannot be used; paused until it can';
const RESUMED = 'the database recovered; resuming';

describeWithServer('a worker whose database has', () => {
  const site = useSite();

  it.each(FAULTS)(
    '$name holds its work until that is over, logs the reason once, and counts no failure',
    async (fault) => {
      const { db } = site();
      const before = linesOf(site(), PAUSED).length;
      await insertBlocks(db, 12);
      await untilIdle(db);
      const noteId = await insertNote(db, 'Later');
      await fault.break(db);
      const ids = await insertRaw(db, noteId, fault);
      try {
        await expectHeld(site(), fault);
      } finally {
        await fault.repair(db);
      }
      for (const id of ids) await expectEmbedded(db, id, 'written during the fault');
      await expectNothingCounted(site());
      const lines = linesOf(site(), PAUSED).slice(before);
      expect(lines).toMatchObject([{ fields: { error: { code: fault.reason } } }]);
      expect(linesOf(site(), RESUMED).length).toBeGreaterThan(0);
    },
  );

  /** Blocks that the API writes during the fault, which may have renamed the column. */
  async function insertRaw(db: TestDatabase, noteId: string, { name }: Fault): Promise<string[]> {
    const column = name === 'a renamed column' ? 'body' : 'content';
    const rows = await db.query<{ id: string }>(
      `INSERT INTO blocks (note_id, block_type, ${column}) SELECT $1, 'paragraph', '"written during the fault"' FROM generate_series(1, 12) RETURNING id::text AS id`,
      [noteId],
    );
    return rows.map(({ id }) => id);
  }
});

describeWithServer('a worker whose role may not', () => {
  let role: WorkerRole;
  const site = useSite({
    environment: { PALDOCS_WORKER_CONCURRENCY: '3' },
    prepare: async (db) => {
      role = await createRole(db);
      await db.query(
        `GRANT CREATE ON DATABASE ${db.name} TO ${role.name}; GRANT SELECT ON notes, blocks TO ${role.name};
         GRANT UPDATE (embedding, embedding_status) ON blocks TO ${role.name}`,
      );
    },
    role: () => role.url,
  });
  afterAll(async () => {
    await stopWorkers();
    await role.drop();
  });

  it.each([
    ['read notes', 'SELECT ON notes', /GRANT SELECT ON "public"\."notes"/],
    ['read blocks', 'SELECT ON blocks', /GRANT SELECT ON "public"\."blocks"/],
    ['write its columns', 'UPDATE (embedding, embedding_status) ON blocks', /GRANT UPDATE/],
    ['use the schema', 'USAGE ON SCHEMA public', /GRANT USAGE ON SCHEMA/],
  ])('%s for a while holds its work, names the GRANT, and counts no failure', async (_, privilege, says) => {
    const { db } = site();
    const grantee = privilege.includes('SCHEMA') ? `PUBLIC, ${role.name}` : role.name;
    await db.query(`REVOKE ${privilege} FROM ${grantee}`);
    const ids = await insertBlocks(db, 12);
    try {
      await expectHeld(site(), { reason: 'SCHEMA_PRIVILEGE', says });
    } finally {
      await db.query(`GRANT ${privilege} TO ${role.name}`);
    }
    await expectEmbedded(db, ids[0] ?? '', 'Text number 0.');
    await expectNothingCounted(site());
  });
});

describeWithServer('a column that is altered while a worker runs', () => {
  const site = useSite();

  it('gets vectors of its new size without a failure', async () => {
    const { db } = site();
    const ids = await insertBlocks(db, 12);
    await untilIdle(db);
    const request = hang(site(), 'Text in flight');
    const inFlight = await insertBlock(db, { content: 'Text in flight' });
    await request.reached();
    await db.query('ALTER TABLE blocks ALTER COLUMN embedding TYPE vector(1024) USING NULL');
    request.release();
    await expectEmbedded(db, inFlight, 'Text in flight', { dimensions: 1024 });
    await editBlock(db, ids[0] ?? '', { content: 'edited' });
    await expectEmbedded(db, ids[0] ?? '', 'edited', { dimensions: 1024 });
    await untilIdle(db);
    expect(site().worker.events.seen.failed).toEqual([]);
  });

  it('holds the work while the model cannot serve its new size', async () => {
    const { db } = site();
    await db.query('ALTER TABLE blocks ALTER COLUMN embedding TYPE vector(4000) USING NULL');
    const id = await insertBlock(db, { content: 'too large' });
    await expectHeld(site(), { reason: 'EMBEDDING_DIMENSIONS', says: /4000/ });
    await db.query('ALTER TABLE blocks ALTER COLUMN embedding TYPE vector(768) USING NULL');
    await expectEmbedded(db, id, 'too large');
    await expectNothingCounted(site());
  });
});

describeWithServer("a trigger's function with cached plans for a column's old type", () => {
  const compares = `
    CREATE FUNCTION compare() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.content::text IS DISTINCT FROM NEW.content::text THEN PERFORM pg_notify('changes', NEW.id::text); END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER compare BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION compare()`;
  const alter = `
    DO $$ DECLARE definition text; BEGIN
      SELECT pg_get_triggerdef(oid) INTO definition FROM pg_trigger WHERE tgname = 'blocks_embedding_update';
      DROP TRIGGER blocks_embedding_update ON blocks;
      ALTER TABLE blocks ALTER content TYPE json;
      EXECUTE definition;
    END $$`;
  const site = useSite({ prepare: (db) => db.query(compares) });

  it('is planned again without a failure', async () => {
    const { db } = site();
    await insertBlocks(db, 40);
    await untilIdle(db);
    await db.query(alter);
    const ids = await insertBlocks(db, 40);
    await expectEmbedded(db, ids[0] ?? '', 'Text number 0.');
    await expectNothingCounted(site());
  });
});

describeWithServer('a lock on the whole table', () => {
  const site = useSite({ environment: { PALDOCS_WORKER_CONCURRENCY: '3' } });

  it.each(['SHARE', 'ACCESS EXCLUSIVE'])('in mode %s holds the work without a failure', async (mode) => {
    const { db } = site();
    const [id = ''] = await insertBacklog(db, 40);
    const locker = await db.connect('a locker');
    try {
      await locker.query(`BEGIN; LOCK TABLE blocks IN ${mode} MODE`);
      await notify(db, id);
      await notify(db);
      await site().worker.events.until((events) => events.seen.hold.length > 0, 40_000);
    } finally {
      await locker.query('ROLLBACK');
      await locker.end();
    }
    await expectNothingCounted(site());
  });
});
