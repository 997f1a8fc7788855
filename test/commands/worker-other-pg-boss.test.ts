import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { PG_BOSS_10, PG_BOSS_11, PG_BOSS_9 } from '../support/other-pg-boss.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment } from '../support/worker-in-process.js';
import { installPgBoss } from '../support/worker-role.js';
import { runCli } from './cli.js';

const FIX = 'PALDOCS_PGBOSS_SCHEMA=pgboss_embedding';
/** One command that starts pg-boss and one that only reads; ALL adds the others. */
const TWO = [['worker'], ['status']];
const ALL = [...TWO, ['errors'], ['retry', '--all'], ['backfill'], ['worker', '--backfill']];

/** Another application's queue, as its pg-boss creates it. */
const MAIL = {
  ...{ policy: 'standard', retryLimit: 2, retryDelay: 0, retryBackoff: false, expireInSeconds: 900 },
  ...{ retentionSeconds: 900, deleteAfterSeconds: 900, warningQueueSize: 0 },
};

/** Everything in the schema, and its state. */
const contents = (db: TestDatabase) =>
  db.query(
    `SELECT c.relname, c.relkind, pg_get_userbyid(c.relowner) AS owner,
       (SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid) AS columns
  FROM pg_class c WHERE c.relnamespace = 'pgboss'::regnamespace ORDER BY 1`,
  );

describeWithServer('the schema for pg-boss', () => {
  let ollama: StandIn;
  let db: TestDatabase;
  beforeAll(async () => {
    ollama = await startStandIn();
  });
  beforeEach(async () => {
    db = await createDatabase();
  });
  afterEach(stopWorkers);
  afterAll(() => ollama.stop());

  it.each<[string, string, RegExp, string[][]?]>([
    ['a pg-boss 9', PG_BOSS_9, /holds a pg-boss older than version 11/],
    ['a pg-boss 10, also where it has a queue of that name', PG_BOSS_10, /holds a pg-boss older than version 11/, ALL],
    [
      'an older pg-boss of another application',
      PG_BOSS_11,
      /holds the tables of an older pg-boss \(version 26; ours is \d+\) without the queue embed-block/,
    ],
    [
      'other tables of the same names',
      'CREATE SCHEMA pgboss; CREATE TABLE pgboss.job (id int, title text); CREATE VIEW pgboss.queue AS SELECT 1 AS n',
      /holds tables of another program with names that pg-boss needs: job, queue/,
    ],
  ])('is refused by worker and commands if it holds %s, and left unchanged', async (_, sql, told, commands = TWO) => {
    await db.query(sql);
    const before = await contents(db);
    const [doctor, ...others] = await Promise.all(
      [['doctor'], ...commands].map((args) => runCli(workerEnvironment(db, ollama), args)),
    );
    for (const { status, stderr } of others) {
      expect(stderr).toMatch(told);
      expect(stderr).toContain(`  fix: ${FIX}`);
      expect(status).toBe(2);
    }
    const stdout = doctor?.stdout;
    expect(stdout).toMatch(/^✗ queue /m);
    expect(stdout).toContain(`→ ${FIX}`);
    expect(await contents(db)).toEqual(before);
  });

  it('is created under another name beside that of another application', async () => {
    await db.query(PG_BOSS_10);
    await startWorker(db, ollama, { PALDOCS_PGBOSS_SCHEMA: 'pgboss_embedding' });
    await expectEmbedded(db, await insertBlock(db, { content: 'beside' }), 'beside');
  });

  it.each([
    ['is empty', 'CREATE SCHEMA pgboss'],
    [
      'holds other tables, under names that pg-boss does not need',
      'CREATE SCHEMA pgboss; CREATE TABLE pgboss.mails (id int)',
    ],
    [
      'differs in case from that of another application',
      'CREATE SCHEMA "PgBoss"; CREATE TABLE "PgBoss".version (version int)',
    ],
  ])('is used if it %s', async (_, sql) => {
    await db.query(sql);
    await startWorker(db, ollama);
    await expectEmbedded(db, await insertBlock(db, { content: 'first' }), 'first');
  });

  it('is shared with another application whose pg-boss is of the same version', async () => {
    await installPgBoss(db);
    await db.query(`SELECT pgboss.create_queue('mail', $1)`, [JSON.stringify(MAIL)]);
    await startWorker(db, ollama);
    await expectEmbedded(db, await insertBlock(db, { content: 'shared' }), 'shared');
  });

  it('is migrated if it is older and holds our queue', async () => {
    await (await startWorker(db, ollama)).stop();
    const [row] = await db.query<{ version: number }>('SELECT version FROM pgboss.version');
    await db.query('UPDATE pgboss.version SET version = version - 1');
    await startWorker(db, ollama);
    expect(await db.query('SELECT version FROM pgboss.version')).toEqual([row]);
  });
});
