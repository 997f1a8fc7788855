import type pg from 'pg';
import { claimBlocks } from '../../src/blocks/claim.js';
import { fingerprintSql } from '../../src/blocks/fingerprint.js';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import { loadConfig } from '../../src/config/config.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertNote } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { editBlock } from '../support/worker-blocks.js';

/** The advisory lock on which a claim waits after its snapshot and before it locks a row. */
const SCAN_LOCK = 4712;

describeWithServer('a claim of a block that changes between the claim’s snapshot and its row lock', () => {
  let db: TestDatabase;
  let postgres: Postgres;
  let table: BlocksTable;
  let holder: pg.Client;
  let role: string;
  beforeAll(async () => {
    db = await createDatabase();
    role = `role_${db.name}`;
    // A policy is evaluated for each row during the scan, before the row is locked.
    await db.query(`
      CREATE ROLE ${role} LOGIN PASSWORD 'claim';
      GRANT SELECT ON notes, blocks TO ${role};
      GRANT UPDATE (embedding, embedding_status) ON blocks TO ${role};
      CREATE FUNCTION wait_in_scan() RETURNS boolean LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(${SCAN_LOCK});
        RETURN true;
      END $$;
      ALTER TABLE blocks ENABLE ROW LEVEL SECURITY;
      CREATE POLICY wait ON blocks TO ${role} USING (wait_in_scan())`);
    const url = new URL(db.url);
    url.username = role;
    url.password = 'claim';
    postgres = new Postgres({ url: url.href, sessionUrl: url.href, applicationName: 'claim', poolSize: 1 });
    table = await inspectBlocks(postgres, loadConfig({ PALDOCS_DATABASE_URL: db.url }).tables);
    holder = await db.connect('holder');
  });
  afterAll(async () => {
    await postgres.close();
    await holder.end();
    await db.query(`DROP OWNED BY ${role}`);
    await db.query(`DROP ROLE ${role}`);
  });

  const fingerprintNow = async (id: string) =>
    (
      await db.query<{ print: string }>(
        `SELECT ${fingerprintSql(table)} AS print FROM ${table.blocks} b WHERE b.id = $1`,
        [id],
      )
    )[0]?.print;

  it.each([
    ['is edited', false],
    ['is edited and its note renamed', true],
  ])('because it %s returns a matching text and fingerprint', async (_, renamed) => {
    const noteId = await insertNote(db, 'Old');
    const id = await insertBlock(db, { noteId, type: 'heading', content: 'Old' });
    const old = await fingerprintNow(id);
    await holder.query('SELECT pg_advisory_lock($1)', [SCAN_LOCK]);
    const claiming = claimBlocks(postgres, table, [id], 1_000, false);
    await db.untilRow(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'claim' AND wait_event = 'advisory'`,
      [],
      () => true,
    );
    await holder.query('BEGIN');
    if (renamed) await holder.query(`UPDATE notes SET title = 'New' WHERE id = $1`, [noteId]);
    await editBlock(db, id, { content: 'New' }, holder);
    await holder.query('COMMIT');
    await holder.query('SELECT pg_advisory_unlock($1)', [SCAN_LOCK]);

    const [claimed, ...others] = (await claiming).claimed;
    const current = await fingerprintNow(id);
    expect(current).not.toBe(old);
    expect([claimed?.id, others]).toEqual([id, []]);
    const text = [claimed?.noteTitle, claimed?.content];
    // A mix of both states is allowed: the store compares the current fingerprint and detects it.
    if (claimed?.fingerprint === current) expect(text).toEqual([renamed ? 'New' : 'Old', '"New"']);
    if (claimed?.fingerprint === old) expect(text).toEqual(['Old', '"Old"']);
  });
});
