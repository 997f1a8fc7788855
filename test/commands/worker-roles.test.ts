import { requireQueuePrivileges } from '../../src/queue/privileges.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks, insertNote } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { editBlock, expectEmbedded, jobsOf, untilIdle, untilStatus } from '../support/worker-blocks.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { WatchedPostgres } from '../support/worker-postgres.js';
import { killProcesses, run, WorkerProcess } from '../support/worker-process.js';
import { createRole, grant, installPgBoss, type WorkerRole } from '../support/worker-role.js';
import { runCli, runJson } from './cli.js';

/** Forbidden to every worker role, also to one that owns pg-boss's schema. */
const FORBIDDEN = [
  `INSERT INTO notes (title) VALUES ('x')`,
  `INSERT INTO blocks (note_id, block_type, content) SELECT id, 'paragraph', '"x"' FROM notes`,
  'DELETE FROM notes',
  'DELETE FROM blocks',
  'TRUNCATE blocks',
  `UPDATE notes SET title = 'x'`,
  `UPDATE blocks SET content = '"x"'`,
  `UPDATE blocks SET block_type = 'code'`,
  'UPDATE blocks SET note_id = note_id',
  'UPDATE blocks SET id = id + 1',
  'ALTER TABLE blocks ADD COLUMN x int',
  'ALTER TABLE blocks DISABLE TRIGGER ALL',
  'CREATE INDEX ON blocks (note_id)',
  'DROP TABLE blocks CASCADE',
  'CREATE TRIGGER x BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding()',
  'CREATE OR REPLACE FUNCTION queue_block_embedding() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
  'CREATE TABLE public.x (id int)',
  'DROP EXTENSION vector',
  'CREATE ROLE x',
  `COPY notes TO '/tmp/x'`,
];

/** Also forbidden to a role that owns nothing. */
const FORBIDDEN_WITHOUT_OWNERSHIP = [
  'CREATE SCHEMA x',
  'CREATE TABLE pgboss.x (id int)',
  'DROP SCHEMA pgboss CASCADE',
  'TRUNCATE pgboss.job',
  'ALTER TABLE pgboss.job ADD COLUMN x int',
  'DROP FUNCTION pgboss.create_queue(text, jsonb)',
  `INSERT INTO pgboss.queue (name, policy) VALUES ('x', 'standard')`,
  'DELETE FROM pgboss.queue',
  `INSERT INTO pgboss.bam (name, version, table_name, command) VALUES ('x', 1, 'job', 'DROP TABLE notes')`,
  `UPDATE pgboss.bam SET command = 'DROP TABLE notes'`,
  'SELECT * FROM pgboss.schedule',
];

const ROLES = [
  { what: 'that owns pg-boss’s schema', file: 'role.sql', owns: true },
  { what: 'that owns nothing', file: 'role-without-ownership.sql', owns: false },
] as const;

for (const { what, file, owns } of ROLES) {
  describeWithServer(`a role ${what}`, () => {
    let ollama: StandIn;
    let db: TestDatabase;
    let role: WorkerRole;
    const environment = () => workerEnvironment(role, ollama, { PALDOCS_RETRY_LIMIT: '0' });

    beforeAll(async () => {
      ollama = await startStandIn();
      db = await createDatabase();
      role = await createRole(db);
      if (!owns) await installPgBoss(db);
      await grant(db, role, file);
    });
    afterEach(killProcesses);
    afterAll(async () => {
      await role.drop();
      await ollama.stop();
    });

    it(`with the grants of k8s/${file} runs the worker and every command`, async () => {
      const worker = WorkerProcess.start(environment());
      await worker.untilWorking();
      const id = await insertBlock(db, { content: 'first' });
      await expectEmbedded(db, id, 'first');
      await editBlock(db, id, { content: 'second' });
      await expectEmbedded(db, id, 'second');
      await editBlock(db, id, { type: 'mermaid' });
      await db.untilRow('SELECT embedding FROM blocks WHERE id = $1', [id], ({ embedding }) => embedding === null);
      await db.query('DELETE FROM blocks WHERE id = $1', [id]);

      const rule = ollama.faults.add({ preset: 'nan', text: 'broken' });
      const broken = await insertBlock(db, { content: 'broken' });
      await untilStatus(db, broken, 'error', 30_000);
      expect(await jobsOf(db, broken, 'embed-block-failed')).toHaveLength(1);
      expect(await runJson(environment(), ['errors'])).toMatchObject({ total: 1, errors: [{ id: broken }] });
      rule.remove();
      expect(await runJson(environment(), ['retry', broken])).toMatchObject({ requeued: 1 });
      await expectEmbedded(db, broken, 'broken');

      await insertBlocks(db, 20);
      await untilIdle(db);
      expect(await runJson(environment(), ['backfill', '--all', '--yes', '--wait'])).toMatchObject({
        ended: { completed: 21 },
      });
      expect(await runJson(environment(), ['status'])).toMatchObject({ blocks: { byStatus: { completed: 21 } } });
      expect((await runCli(environment(), ['search', 'anything'])).stdout).toContain('Text number');
      expect(await runJson(environment(), ['doctor'])).toMatchObject({ ok: true });
      expect(await runJson(environment(), ['pause', '--for', '1h'])).toMatchObject({ replaced: null });
      expect(await runJson(environment(), ['resume'])).toMatchObject({ resumed: { parts: ['backlog'] } });
      expect(await runJson(environment(), ['pause', '--for', '1s'])).toMatchObject({ replaced: null }); // deleted below

      // pg-boss's supervision, which also deletes, runs within its first interval.
      await db.untilRow<{ left: number }>(
        'SELECT count(*)::int AS left FROM pgboss.queue WHERE monitor_on IS NULL OR maintain_on IS NULL',
        [],
        ({ left }) => left === 0,
        40_000,
      );
      worker.kill('SIGTERM');
      expect(await worker.untilEnd()).toMatchObject({ status: 0 });
      const complaints = worker.lines.filter(
        ({ level, message }) => level !== 'debug' && /pg-boss|denied/.test(message),
      );
      expect(complaints).toEqual([]);
      expect(worker.stderr.join('\n')).not.toMatch(/permission denied|must be owner/);
    });

    it.each([...FORBIDDEN, ...(owns ? [] : FORBIDDEN_WITHOUT_OWNERSHIP)])('may not: %s', async (statement) => {
      const client = await db.connect();
      try {
        await client.query(`SET SESSION AUTHORIZATION ${role.name}`);
        await expect(client.query(`BEGIN; ${statement}; ROLLBACK`)).rejects.toMatchObject({ code: '42501' });
      } finally {
        await client.end();
      }
    });
  });
}

describeWithServer('a role that owns nothing', () => {
  let ollama: StandIn;
  let db: TestDatabase;
  let role: WorkerRole;
  const environment = () => workerEnvironment(role, ollama);
  beforeAll(async () => {
    ollama = await startStandIn();
    db = await createDatabase();
    role = await createRole(db);
    await installPgBoss(db);
  });
  beforeEach(() => grant(db, role, 'role-without-ownership.sql'));
  afterEach(killProcesses);
  afterAll(async () => {
    await role.drop();
    await ollama.stop();
  });

  it('gets the GRANT for each privilege that it lacks, and that GRANT is enough', async () => {
    const given = await db.query<{ table: string; privilege: string }>(
      `SELECT c.relname AS table, a.privilege_type AS privilege
         FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relnamespace = 'pgboss'::regnamespace AND a.grantee = $1::regrole ORDER BY 1, 2`,
      [role.name],
    );
    expect(given).toHaveLength(18);
    const as = new WatchedPostgres({ url: role.url, sessionUrl: role.url, applicationName: 'test', poolSize: 1 });
    for (const { table, privilege } of given) {
      await db.query(`REVOKE ${privilege} ON pgboss.${table} FROM ${role.name}`);
      const expected = `GRANT ${privilege} ON "pgboss"."${table}" TO "${role.name}"`;
      await expect(requireQueuePrivileges(as, 'pgboss')).rejects.toMatchObject({ fix: `${expected};` });
      await db.query(expected);
      await expect(requireQueuePrivileges(as, 'pgboss')).resolves.toMatchObject({ owns: false, missing: [] });
    }
    await as.close();
  });

  it.each([
    ['REVOKE USAGE ON SCHEMA pgboss FROM ROLE', 'GRANT USAGE ON SCHEMA "pgboss" TO "ROLE"'],
    ['REVOKE DELETE ON pgboss.job FROM ROLE', 'GRANT DELETE ON "pgboss"."job" TO "ROLE"'],
    ['DELETE FROM pgboss.queue', 'GRANT INSERT ON "pgboss".queue TO the role'],
    ['UPDATE pgboss.version SET version = version - 1', 'as its owner: pg-boss migrate --schema pgboss'],
  ])('ends with status 2 and names the fix, after %s', async (change, told) => {
    await db.query(change.replace('ROLE', role.name));
    const { status, output } = await run(environment());
    expect(output).toContain(told.replace('ROLE', role.name));
    expect(status).toBe(2);
    const doctor = await runCli(environment(), ['doctor']);
    expect(doctor.stdout).toMatch(/^✗ queue/m);
    if (change.includes('version')) await db.query('UPDATE pgboss.version SET version = version + 1');
  });

  it('works with the schema of a newer pg-boss', async () => {
    await db.query('UPDATE pgboss.version SET version = version + 1');
    const worker = WorkerProcess.start(environment());
    await worker.untilWorking();
    const noteId = await insertNote(db);
    await expectEmbedded(db, await insertBlock(db, { content: 'newer', noteId }), 'newer');
    worker.kill('SIGTERM');
    expect(await worker.untilEnd()).toMatchObject({ status: 0 });
    await db.query('UPDATE pgboss.version SET version = version - 1');
  });

  it('that may not read a table learns from a command which one, and that doctor names the GRANT', async () => {
    await db.query(`REVOKE SELECT ON pgboss.job FROM ${role.name}`);
    const { status, stderr } = await runCli(environment(), ['status']);
    expect(stderr).toMatch(/permission denied for table job\): `embedding-worker doctor` names the GRANT/);
    expect(status).toBe(2);
  });
});
